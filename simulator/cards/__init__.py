"""Virtual cards: a real ISO 7816 file system and the purse state machine, written from the specification."""
