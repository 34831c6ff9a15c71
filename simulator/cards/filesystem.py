"""An ISO 7816-4 file system: directories, elementary files, and what is selected.

The layout is fixed when the device is made; the contents are a mapping from file identifier to records that the
device's memory holds and replaces as a whole. A transparent file is one record, a cyclic file begins with its newest.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias, TypeVar

from firmware.card.status import StatusWord

#: Command incompatible with file structure (ISO/IEC 7816-4 table 6).
INCOMPATIBLE = StatusWord(0x6981)
NO_CURRENT_FILE = StatusWord(0x6986)
OFFSET_OUTSIDE = StatusWord(0x6B00)
#: A DF name may be given shortened, but not below the length of a registered identifier (ISO/IEC 7816-5).
SHORTEST_NAME = 5

Contents: TypeAlias = Mapping[int, tuple[bytes, ...]]


class Refusal(Exception):
    """How a virtual device ends a command: with a status word and no data."""

    def __init__(self, status: StatusWord) -> None:
        super().__init__(str(status))
        self.status = status


class Structure(Enum):
    """How a file is organised."""

    TRANSPARENT = "transparent"
    LINEAR = "linear"
    CYCLIC = "cyclic"


class Writing(Enum):
    """Who may change a file."""

    SECURE = "with a MAC under the key for writing"
    INTERNAL = "only the card itself"


@dataclass(frozen=True, slots=True)
class ElementaryFile:
    """A file that holds data: its identifier (the short one in the low five bits), record size and record count."""

    identifier: int
    structure: Structure
    size: int
    count: int = 1
    writing: Writing = Writing.SECURE

    @property
    def short_identifier(self) -> int:
        """The SFI."""
        return self.identifier & 0x1F


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory that can be selected by its identifier, and by its name where it has one."""

    identifier: int
    name: bytes = b""
    files: tuple[ElementaryFile, ...] = ()


Found = TypeVar("Found", Directory, ElementaryFile)


@dataclass(slots=True)
class Selection:
    """What is selected in a device; forgotten with the power."""

    root: Directory
    applications: tuple[Directory, ...]
    directory: Directory = field(init=False)
    file: ElementaryFile | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.directory = self.root

    def reset(self) -> None:
        """Back to the root."""
        self._enter(self.root)

    def by_name(self, name: bytes) -> Directory:
        """The first directory whose name begins so. Raises Refusal 6A82."""
        if len(name) < SHORTEST_NAME:
            raise Refusal(StatusWord.FILE_NOT_FOUND)
        return self._find(directory for directory in self._directories if directory.name.startswith(name))

    def by_identifier(self, identifier: int) -> Directory:
        """Raises Refusal 6A82."""
        return self._find(directory for directory in self._directories if directory.identifier == identifier)

    def enter(self, directory: Directory) -> None:
        """Make it current; no file of it is current yet."""
        self._enter(directory)

    def elementary(self, identifier: int) -> ElementaryFile | None:
        """Make a file of the current directory current; None when it has no such file."""
        found = next((file for file in self.directory.files if file.identifier == identifier), None)
        self.file = found or self.file
        return found

    def short(self, short_identifier: int) -> ElementaryFile:
        """The file meant by an SFI, 0 being the current one. Raises Refusal 6A82 or 6986."""
        if short_identifier:
            self.file = self._find(file for file in self.directory.files if file.short_identifier == short_identifier)
        if self.file is None:
            raise Refusal(NO_CURRENT_FILE)
        return self.file

    @property
    def _directories(self) -> tuple[Directory, ...]:
        return (self.root, *self.applications)

    def _enter(self, directory: Directory) -> None:
        self.directory, self.file = directory, None

    @staticmethod
    def _find(matches: Iterator[Found]) -> Found:
        found = next(matches, None)
        if found is None:
            raise Refusal(StatusWord.FILE_NOT_FOUND)
        return found


def binary(file: ElementaryFile, contents: Contents) -> bytes:
    """The bytes of a transparent file. Raises Refusal 6981."""
    if file.structure is not Structure.TRANSPARENT:
        raise Refusal(INCOMPATIBLE)
    return contents[file.identifier][0]


def record(file: ElementaryFile, contents: Contents, number: int) -> bytes:
    """A record, counted from 1. Raises Refusal 6981, or 6A83 when it was never written."""
    if file.structure is Structure.TRANSPARENT:
        raise Refusal(INCOMPATIBLE)
    records = contents[file.identifier]
    if not 0 < number <= len(records):
        raise Refusal(StatusWord.RECORD_NOT_FOUND)
    return records[number - 1]


def with_binary(file: ElementaryFile, contents: Contents, offset: int, data: bytes) -> Contents:
    """The contents after writing into a transparent file. Raises Refusal 6981, or 6B00 outside of the file."""
    old = binary(file, contents)
    if offset + len(data) > len(old):
        raise Refusal(OFFSET_OUTSIDE)
    return {**contents, file.identifier: (old[:offset] + data + old[offset + len(data) :],)}


def with_record(file: ElementaryFile, contents: Contents, number: int, data: bytes) -> Contents:
    """The contents after overwriting a record. Raises Refusal 6981, 6A83, or 6700 for another size."""
    if len(data) != len(record(file, contents, number)):
        raise Refusal(StatusWord.WRONG_LENGTH)
    records = contents[file.identifier]
    return {**contents, file.identifier: (*records[: number - 1], data, *records[number:])}


def with_newest(file: ElementaryFile, contents: Contents, data: bytes) -> Contents:
    """The contents after adding the newest record of a cyclic file; the oldest falls out."""
    return {**contents, file.identifier: (data, *contents[file.identifier])[: file.count]}
