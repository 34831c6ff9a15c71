"""Answers to reset: what a contact card or a PC/SC reader's pseudo-ATR tells (ISO/IEC 7816-3 §8.2, PC/SC part 3)."""

from dataclasses import dataclass
from typing import Self

TS_DIRECT, TS_INVERSE = 0x3B, 0x3F
#: TD1 and TD2 of the pseudo-ATR that a contactless reader makes up for an ISO/IEC 14443-4 card.
PSEUDO = b"\x80\x01"
#: Type B: application data (4), protocol info (3), and MBLI in the high half of the last byte.
TYPE_B_HISTORY, TYPE_B_FACTS = 8, 7


@dataclass(frozen=True, slots=True)
class Atr:
    """`contactless`: made up by a reader; `historical`: the historical bytes, shorter where the ATR is."""

    contactless: bool
    historical: bytes

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Read any bytes: an ATR that makes no sense has no history, the card may still work."""
        if len(raw) < 2 or raw[0] not in (TS_DIRECT, TS_INVERSE):
            return cls(contactless=False, historical=b"")
        contactless = raw[0] == TS_DIRECT and raw[1] & 0xF0 == 0x80 and raw[2:4] == PSEUDO
        start = _end_of_interface_bytes(raw)
        return cls(contactless, bytes(raw[start : start + (raw[1] & 0x0F)]))

    @property
    def may_be_type_b(self) -> bool:
        """Whether the history has the form of an ATQB; eight historical bytes of a type A card may look so too."""
        history = self.historical
        return len(history) == TYPE_B_HISTORY and history[5] & 0x01 == 0x01 and history[7] & 0x0F == 0


def _end_of_interface_bytes(raw: bytes) -> int:
    """Position of the first historical byte: after TA, TB, TC, TD as each Y announces them."""
    position, announced = 2, raw[1] >> 4
    while announced:
        position += announced.bit_count()
        has_td = announced & 0x08
        announced = raw[position - 1] >> 4 if has_td and position <= len(raw) else 0
    return position
