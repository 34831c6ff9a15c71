"""What the `rongtong` command does: one file per word of its command line."""
