"""journal.db: what was intended, what happened, what was shown; append-only, chained by SM3."""
