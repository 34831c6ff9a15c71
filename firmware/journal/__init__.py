"""journal.db: what was intended, what happened, what was shown; append-only, chained by SM3."""

#: The journal's name in a terminal's state directory.
FILE_NAME = "journal.db"
