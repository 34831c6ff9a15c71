"""Commands and responses (ISO/IEC 7816-4 §5.1), the only place where an APDU is put together or taken apart."""

from dataclasses import dataclass
from typing import Self

from firmware.card.status import StatusWord
from firmware.errors import MalformedCardData

SHORT_DATA, SHORT_LE = 255, 256
EXTENDED_DATA, EXTENDED_LE = 65_535, 65_536


@dataclass(frozen=True, slots=True)
class Command:
    """A command APDU. `le` is the expected length: None = no Le field, 256 (65 536 extended) = as much as there is."""

    cla: int
    ins: int
    p1: int = 0
    p2: int = 0
    data: bytes = b""
    le: int | None = None
    extended: bool = False

    def __post_init__(self) -> None:
        if any(not 0 <= byte <= 0xFF for byte in (self.cla, self.ins, self.p1, self.p2)):
            raise ValueError("CLA, INS, P1 and P2 are one byte each")
        if len(self.data) > (EXTENDED_DATA if self.extended else SHORT_DATA):
            raise ValueError(f"{len(self.data)} data bytes do not fit")
        if self.le is not None and not 0 < self.le <= (EXTENDED_LE if self.extended else SHORT_LE):
            raise ValueError(f"Le {self.le} does not fit")

    def to_bytes(self) -> bytes:
        """The bytes on the wire."""
        header = bytes((self.cla, self.ins, self.p1, self.p2))
        return header + (self._extended_body() if self.extended else self._short_body())

    def _short_body(self) -> bytes:
        lc = bytes((len(self.data),)) if self.data else b""
        le = b"" if self.le is None else bytes((self.le & 0xFF,))
        return lc + self.data + le

    def _extended_body(self) -> bytes:
        lc = b"\0" + len(self.data).to_bytes(2, "big") if self.data else b""
        if self.le is None:
            return lc + self.data
        le = (self.le & 0xFFFF).to_bytes(2, "big")
        return lc + self.data + (le if self.data else b"\0" + le)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Take an APDU apart (cases 1 to 4, short and extended); ValueError when the lengths do not add up."""
        if len(raw) < 4:
            raise ValueError("an APDU has at least four bytes")
        cla, ins, p1, p2 = raw[:4]
        body = raw[4:]
        if not body:
            return cls(cla, ins, p1, p2)
        if len(body) == 1:
            return cls(cla, ins, p1, p2, le=body[0] or SHORT_LE)
        extended = body[0] == 0 and len(body) >= 3
        data, le = _extended_parts(body[1:]) if extended else _short_parts(body)
        return cls(cla, ins, p1, p2, data, le, extended)

    def __str__(self) -> str:
        return self.to_bytes().hex().upper()


def _short_parts(body: bytes) -> tuple[bytes, int | None]:
    lc = body[0]
    data, rest = body[1 : 1 + lc], body[1 + lc :]
    if lc == 0 or len(data) != lc or len(rest) > 1:
        raise ValueError("Lc and the length of the APDU disagree")
    return data, (rest[0] or SHORT_LE) if rest else None


def _extended_parts(body: bytes) -> tuple[bytes, int | None]:
    number = int.from_bytes(body[:2], "big")
    if len(body) == 2:
        return b"", number or EXTENDED_LE
    data, rest = body[2 : 2 + number], body[2 + number :]
    if number == 0 or len(data) != number or len(rest) not in (0, 2):
        raise ValueError("Lc and the length of the APDU disagree")
    return data, (int.from_bytes(rest, "big") or EXTENDED_LE) if rest else None


@dataclass(frozen=True, slots=True)
class Response:
    """A response APDU."""

    data: bytes
    sw: StatusWord

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Raises MalformedCardData for fewer than the two bytes of a status word."""
        if len(raw) < 2:
            raise MalformedCardData(f"an answer of {len(raw)} bytes has no status word")
        return cls(bytes(raw[:-2]), StatusWord(int.from_bytes(raw[-2:], "big")))

    def to_bytes(self) -> bytes:
        """The bytes on the wire."""
        return self.data + self.sw.to_bytes(2, "big")

    @property
    def ok(self) -> bool:
        """Whether the status word is 9000."""
        return self.sw == StatusWord.OK
