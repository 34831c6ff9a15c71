"""Secure modules: PSAM commands without I/O, the PSAM behind any reader, its lease."""
