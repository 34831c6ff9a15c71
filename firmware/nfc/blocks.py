"""Blocks of the half-duplex protocol (ISO/IEC 14443-4 §7.1), without CID and NAD, which we never announce."""

from dataclasses import dataclass
from enum import Enum
from typing import Self

from firmware.errors import MalformedCardData

CHAINED = 0x10
DESELECT = b"\xc2"
#: WTXM: the low six bits of S(WTX); 0 and 60…63 are reserved (§7.3).
WTXM = 0x3F
SHORTEST_WTXM, LONGEST_WTXM = 1, 59


class Kind(Enum):
    """What a block is for."""

    INFORMATION = "I"
    ACKNOWLEDGE = "R(ACK)"
    REPEAT = "R(NAK)"
    WAIT = "S(WTX)"
    DESELECT = "S(DESELECT)"


@dataclass(frozen=True, slots=True)
class Block:
    """One block. `number`: 0 or 1 (I and R); `more`: the chain goes on (I); `payload`: INF, for S(WTX) one byte."""

    kind: Kind
    number: int = 0
    more: bool = False
    payload: bytes = b""

    @classmethod
    def from_bytes(cls, frame: bytes) -> Self:
        """Raises MalformedCardData, and nothing else, for anything that is no block of ours."""
        if not frame:
            raise MalformedCardData("an empty frame is no block")
        pcb, payload = frame[0], bytes(frame[1:])
        if pcb & 0xEE == 0x02:
            return cls(Kind.INFORMATION, pcb & 1, bool(pcb & CHAINED), payload)
        if pcb & 0xEE == 0xA2 and not payload:
            return cls(Kind.REPEAT if pcb & CHAINED else Kind.ACKNOWLEDGE, pcb & 1)
        if pcb == 0xF2 and len(payload) == 1 and SHORTEST_WTXM <= payload[0] & WTXM <= LONGEST_WTXM:
            return cls(Kind.WAIT, payload=payload)
        if pcb == DESELECT[0]:
            return cls(Kind.DESELECT)
        raise MalformedCardData(f"no block starts with {pcb:02X} and goes on for {len(payload)} bytes")


def information(number: int, payload: bytes, *, more: bool) -> bytes:
    """An I-block."""
    return bytes((0x02 | number | (CHAINED if more else 0),)) + payload


def acknowledge(number: int) -> bytes:
    """R(ACK)."""
    return bytes((0xA2 | number,))


def repeat(number: int) -> bytes:
    """R(NAK): say that again; a card with nothing to say again answers R(ACK)."""
    return bytes((0xA2 | CHAINED | number,))


def granted(request: Block) -> bytes:
    """S(WTX) response: the card's own multiplier, without its power level bits (§7.3)."""
    return bytes((0xF2, request.payload[0] & WTXM))
