"""What a card says of its link when it is activated: ATS (type A) and ATQB (type B), ISO/IEC 14443-4 §5.2, -3 §7.9."""

from dataclasses import dataclass

from firmware.errors import MalformedCardData

#: Carrier in Hz; every time of the protocol is a number of its periods.
CARRIER = 13_560_000
#: FSCI → FSC in bytes, with PCB and CRC. Larger values of newer cards are used as 256: our own FSD.
FRAME_SIZES = (16, 24, 32, 40, 48, 64, 96, 128, 256)
DEFAULT_FSCI, DEFAULT_FWI, DEFAULT_SFGI = 2, 4, 0
#: FWI and SFGI 15 are reserved and stand for the default (ISO/IEC 14443-4 §5.2.5).
RESERVED = 15

#: T0's bits: which interface bytes follow.
HAS_TA, HAS_TB, HAS_TC = 0x10, 0x20, 0x40
ATQB_LENGTH = 12
ATQB_MARK = 0x50
#: Protocol type, lowest bit: the card speaks ISO/IEC 14443-4.
SPEAKS_ISO_DEP = 0x01


@dataclass(frozen=True, slots=True)
class LinkParameters:
    """Frame size in bytes with PCB and CRC (FSC), frame waiting and start-up guard time in seconds, and history.

    `historical`: historical bytes (type A), or application data and protocol info (type B).
    """

    frame_size: int
    waiting: float
    guard: float
    historical: bytes


def periods(index: int) -> float:
    """FWT or SFGT in seconds: 256 × 16 / fc × 2^index."""
    return float(256 * 16 * 2**index / CARRIER)


def parse_ats(raw: bytes) -> LinkParameters:
    """Read an ATS by the bits of its T0. Raises MalformedCardData when its bytes do not add up."""
    if not raw or raw[0] == 0 or raw[0] > len(raw):
        raise MalformedCardData("the length byte of the ATS is wrong")
    if raw[0] == 1:
        return _parameters(DEFAULT_FSCI, DEFAULT_FWI, DEFAULT_SFGI, b"")
    t0, rest = raw[1], raw[2 : raw[0]]
    interface = [bit for bit in (HAS_TA, HAS_TB, HAS_TC) if t0 & bit]
    if len(rest) < len(interface):
        raise MalformedCardData("the ATS announces interface bytes that it does not have")
    bytes_by_bit = dict(zip(interface, rest, strict=False))
    tb = bytes_by_bit.get(HAS_TB, DEFAULT_FWI << 4 | DEFAULT_SFGI)
    return _parameters(t0 & 0x0F, tb >> 4, tb & 0x0F, rest[len(interface) :])


def parse_atqb(raw: bytes) -> LinkParameters:
    """Read an ATQB, basic (12 bytes) or extended (13). Raises MalformedCardData unless it speaks ISO/IEC 14443-4."""
    if len(raw) < ATQB_LENGTH or raw[0] != ATQB_MARK:
        raise MalformedCardData("the card's answer to REQB is no ATQB")
    if not raw[10] & SPEAKS_ISO_DEP:
        raise MalformedCardData("the type B card does not speak ISO/IEC 14443-4")
    sfgi = raw[12] >> 4 if len(raw) > ATQB_LENGTH else DEFAULT_SFGI
    return _parameters(raw[10] >> 4, raw[11] >> 4, sfgi, raw[5:12])


def pupi(atqb: bytes) -> bytes:
    """The four bytes that name a type B card until it loses the field."""
    return atqb[1:5]


def _parameters(fsci: int, fwi: int, sfgi: int, historical: bytes) -> LinkParameters:
    return LinkParameters(
        frame_size=FRAME_SIZES[min(fsci, len(FRAME_SIZES) - 1)],
        waiting=periods(DEFAULT_FWI if fwi == RESERVED else fwi),
        guard=0.0 if sfgi in (DEFAULT_SFGI, RESERVED) else periods(sfgi),
        historical=bytes(historical),
    )
