"""Readers: the port, ISO-DEP, drivers for nfcpy and PC/SC, and card presence as a state table."""
