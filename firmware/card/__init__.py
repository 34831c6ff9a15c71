"""The language of cards: APDUs, status words, BER-TLV, and conversations as generators. No I/O."""
