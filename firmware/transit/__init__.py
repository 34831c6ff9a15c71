"""The transit purse: files, checks, fares, the debit, torn-card recovery, the validator."""
