"""Fixed layouts as data: a dataclass whose fields know where they stand in a card file.

    @dataclass(frozen=True)
    class LogRecord(Layout, size=23):
        sequence: int = at(0, 2, NUMBER)
        amount: int = at(5, 4, NUMBER)

Bytes that no field covers, and bytes that a field cannot make sense of, are kept: `from_bytes(raw).to_bytes() == raw`
for any raw of the right size, and `dataclasses.replace` changes what it names and nothing else.
"""

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, Self, TypeVar

from firmware.card.bcd import date_bytes, parse_date, parse_stamp, stamp_bytes
from firmware.errors import MalformedCardData

V = TypeVar("V")


class Codec(Protocol, Generic[V]):
    """How a field's bytes become a value; `decode` accepts any bytes."""

    def decode(self, raw: bytes) -> V:
        """Bytes to value; never raises."""
        ...

    def encode(self, value: V, length: int) -> bytes:
        """Value to exactly `length` bytes; ValueError or OverflowError when it does not fit."""
        ...


class Number:
    """Unsigned, big-endian."""

    def decode(self, raw: bytes) -> int:
        return int.from_bytes(raw, "big")

    def encode(self, value: int, length: int) -> bytes:
        return value.to_bytes(length, "big")


class Digits:
    """BCD (or hex) digits as upper-case text, two a byte."""

    def decode(self, raw: bytes) -> str:
        return raw.hex().upper()

    def encode(self, value: str, length: int) -> bytes:
        return bytes.fromhex(value.zfill(2 * length))


class Raw:
    """Bytes as they stand."""

    def decode(self, raw: bytes) -> bytes:
        return raw

    def encode(self, value: bytes, length: int) -> bytes:
        return value.rjust(length, b"\0")


class Text:
    """GB 18030 text, padded with 00 (or FF) on the right."""

    def decode(self, raw: bytes) -> str:
        return raw.rstrip(b"\0\xff").decode("gb18030", "replace")

    def encode(self, value: str, length: int) -> bytes:
        return value.encode("gb18030").ljust(length, b"\0")


class Date:
    """YYYYMMDD in BCD; None for anything that is no date."""

    def decode(self, raw: bytes) -> date | None:
        return parse_date(raw)

    def encode(self, value: date | None, length: int) -> bytes:
        return date_bytes(value) if value else bytes(length)


class Stamp:
    """YYYYMMDDhhmmss in BCD, local time in China; None for anything that is no time."""

    def decode(self, raw: bytes) -> datetime | None:
        return parse_stamp(raw)

    def encode(self, value: datetime | None, length: int) -> bytes:
        return stamp_bytes(value) if value else bytes(length)


NUMBER, DIGITS, RAW, TEXT, DATE, STAMP = Number(), Digits(), Raw(), Text(), Date(), Stamp()


class Place(NamedTuple):
    """Where a field stands."""

    name: str
    start: int
    end: int
    codec: Any


def at(offset: int, length: int, codec: Codec[V]) -> Any:
    """A field of `length` bytes at a 0-based offset; its default is what zero bytes mean."""
    return field(default=codec.decode(bytes(length)), metadata={"place": (offset, length, codec)})


@dataclass(frozen=True)
class Layout:
    """Base of fixed layouts; `raw` holds the bytes that were read, or zeros."""

    SIZE: ClassVar[int] = 0
    _places: ClassVar[tuple[Place, ...]] = ()

    raw: bytes = field(default=b"", kw_only=True, repr=False, compare=False)

    def __init_subclass__(cls, *, size: int) -> None:
        cls.SIZE = size

    @classmethod
    def places(cls) -> tuple[Place, ...]:
        """The fields in order, worked out once per class."""
        if "_places" not in cls.__dict__:
            cls._places = tuple(
                Place(item.name, start, start + length, codec)
                for item in fields(cls)
                if (place := item.metadata.get("place"))
                for start, length, codec in (place,)
            )
        return cls._places

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Read a file or record. Raises MalformedCardData when it is shorter than the layout; more is kept."""
        if len(raw) < cls.SIZE:
            raise MalformedCardData(f"{cls.__name__}: {len(raw)} bytes instead of {cls.SIZE}")
        values = {name: codec.decode(raw[start:end]) for name, start, end, codec in cls.places()}
        return cls(raw=raw, **values)

    def to_bytes(self) -> bytes:
        """The bytes to write: those that were read, with every changed field in its place."""
        image = bytearray(self.raw.ljust(self.SIZE, b"\0"))
        for name, start, end, codec in self.places():
            value = getattr(self, name)
            if codec.decode(bytes(image[start:end])) != value:
                image[start:end] = _fitting(name, codec.encode(value, end - start), end - start)
        return bytes(image)


def _fitting(name: str, encoded: bytes, length: int) -> bytes:
    if len(encoded) != length:
        raise ValueError(f"{name} takes {length} bytes, not {len(encoded)}")
    return encoded
