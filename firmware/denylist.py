"""Deny lists: exact membership in a sorted file that is mapped into memory, never read into it.

    magic "RTDL" · format 1 · key space · key size · 0 · version (8) · count (8) · keys, sorted · SM3 of all before

Multi-byte numbers are big-endian. A file is written once, beside its place, and moved there whole.
"""

import mmap
import os
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self

import firmware.sm.sm3 as sm3
from firmware.errors import ConfigurationError

MAGIC, FORMAT = b"RTDL", 1
HEADER_SIZE, DIGEST_SIZE = 24, 32


class KeySpace(Enum):
    """What a list's keys are: number in the file, and size of a key in bytes."""

    TRANSIT_NUMBER = (1, 10)

    @property
    def number(self) -> int:
        """Its number in the file."""
        return self.value[0]

    @property
    def key_size(self) -> int:
        """Bytes per key."""
        return self.value[1]


def transit_key(digits: str) -> bytes:
    """The key of a transit card: its number as 20 digits, two a byte. ValueError for anything but digits."""
    if not digits.isdecimal() or len(digits) > 20:
        raise ValueError("a transit card number has up to 20 digits")
    return bytes.fromhex(digits.zfill(20))


class DenyList:
    """An open list. Closing it twice does no harm."""

    def __init__(self, path: Path, space: KeySpace) -> None:
        """Raises ConfigurationError when the file is missing, damaged or of another key space."""
        self.path, self.space = path, space
        self._map = _mapped(path)
        try:
            self.version, self.count = self._header()
        except ValueError as problem:
            self._map.close()
            raise ConfigurationError("transit.denylist", f"{path.name} {problem}") from problem

    def holds(self, key: bytes) -> bool:
        """Whether the list holds this key; about log2(n) comparisons."""
        low, high, size = 0, self.count, self.space.key_size
        while low < high:
            middle = (low + high) // 2
            start = HEADER_SIZE + middle * size
            found = self._map[start : start + size]
            if found == key:
                return True
            low, high = (middle + 1, high) if found < key else (low, middle)
        return False

    def close(self) -> None:
        """Unmap the file."""
        self._map.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _header(self) -> tuple[int, int]:
        head = self._map[:HEADER_SIZE]
        if len(head) < HEADER_SIZE or head[:4] != MAGIC or head[4] != FORMAT:
            raise ValueError("is no deny list")
        if (head[5], head[6]) != self.space.value:
            raise ValueError("is a deny list for other keys")
        count = int.from_bytes(head[16:24], "big")
        end = HEADER_SIZE + count * self.space.key_size
        if len(self._map) != end + DIGEST_SIZE or sm3.digest(self._map[:end]) != self._map[end:]:
            raise ValueError("is damaged")
        return int.from_bytes(head[8:16], "big"), count


def write(path: Path, space: KeySpace, version: int, keys: Iterable[bytes]) -> int:
    """Write a list and put it in its place atomically; how many keys it holds. ValueError for keys of a wrong size."""
    ordered = sorted(set(keys))
    if any(len(key) != space.key_size for key in ordered):
        raise ValueError(f"keys of this list have {space.key_size} bytes")
    head = MAGIC + bytes((FORMAT, space.number, space.key_size, 0))
    content = head + version.to_bytes(8, "big") + len(ordered).to_bytes(8, "big") + b"".join(ordered)
    _replace(path, content + sm3.digest(content))
    return len(ordered)


def _mapped(path: Path) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise ConfigurationError("transit.denylist", f"{path} cannot be read: {error}") from error


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
