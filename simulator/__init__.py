"""rongtong: virtual cards, secure modules, reader chips and hosts, all under TEST keys."""
