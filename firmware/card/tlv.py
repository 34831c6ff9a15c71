"""BER-TLV (ISO/IEC 7816-4 §5.2.2, EMV Book 3 Annex B), as cards really write it.

Filler bytes 00 and FF between objects are skipped. An outer length that runs past the end of the data is clipped to
what is there, because purse cards pad their FCI so. Everything else that does not add up raises MalformedCardData.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from firmware.errors import MalformedCardData

FILLER = (0x00, 0xFF)
#: No card nests deeper; bounds the work that hostile bytes can cause.
DEEPEST = 8
LONGEST_TAG = 4
LONGEST_LENGTH = 3


@dataclass(frozen=True, slots=True)
class Tlv:
    """One data object: tag as the integer of its bytes (0x9F0C), its value, and its parts when it is constructed."""

    tag: int
    value: bytes
    parts: tuple["Tlv", ...] = field(default=())

    def walk(self) -> Iterator["Tlv"]:
        """This object and everything within, in order."""
        yield self
        for part in self.parts:
            yield from part.walk()


def parse(data: bytes, depth: int = 0) -> tuple[Tlv, ...]:
    """All data objects in a byte string. Raises MalformedCardData, and nothing else, on any bytes."""
    if depth > DEEPEST:
        raise MalformedCardData("data objects are nested too deeply")
    objects = []
    position = 0
    while position < len(data):
        if data[position] in FILLER:
            position += 1
            continue
        found, position = _object(data, position, depth)
        objects.append(found)
    return tuple(objects)


def find(objects: Iterable[Tlv], tag: int) -> bytes | None:
    """The value of the first object with that tag, at any depth; None when there is none."""
    return next((found.value for top in objects for found in top.walk() if found.tag == tag), None)


def _object(data: bytes, position: int, depth: int) -> tuple[Tlv, int]:
    tag, constructed, position = _tag(data, position)
    length, position = _length(data, position)
    if position + length > len(data) and depth > 0:
        raise MalformedCardData(f"data object {tag:X} is {length} bytes long but only {len(data) - position} follow")
    value = data[position : position + length]
    return Tlv(tag, value, parse(value, depth + 1) if constructed else ()), position + length


def _tag(data: bytes, position: int) -> tuple[int, bool, int]:
    first = data[position]
    end = position + 1
    if first & 0x1F == 0x1F:
        while end < len(data) and data[end] & 0x80:
            end += 1
        end += 1
    if end > len(data) or end - position > LONGEST_TAG:
        raise MalformedCardData("a tag does not end")
    return int.from_bytes(data[position:end], "big"), bool(first & 0x20), end


def _length(data: bytes, position: int) -> tuple[int, int]:
    if position >= len(data):
        raise MalformedCardData("a data object has no length")
    first = data[position]
    if first < 0x80:
        return first, position + 1
    end = position + 1 + (first & 0x7F)
    if first == 0x80 or first & 0x7F > LONGEST_LENGTH or end > len(data):
        raise MalformedCardData("a length cannot be read")
    return int.from_bytes(data[position + 1 : end], "big"), end


def build(tag: int, *values: bytes) -> bytes:
    """The bytes of one data object whose value is the values put together."""
    value = b"".join(values)
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big") + _length_bytes(len(value)) + value


def _length_bytes(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    size = (length.bit_length() + 7) // 8
    return bytes((0x80 | size,)) + length.to_bytes(size, "big")
