"""Deny lists of transit card numbers, from a text file to the file that terminals map into memory."""

from collections.abc import Iterator
from pathlib import Path

from firmware.denylist import DenyList, KeySpace, transit_key, write
from firmware.errors import ConfigurationError


def build(numbers: Path, version: int, out: Path) -> str:
    """Write a list; blank lines and lines that begin with # are passed over. Raises ConfigurationError."""
    try:
        count = write(out, KeySpace.TRANSIT_NUMBER, version, _keys(numbers))
    except OSError as error:
        raise ConfigurationError("", f"{error.filename}: {error.strerror}") from error
    except OverflowError as error:
        raise ConfigurationError("--version", "must be a number from 0 to 18446744073709551615") from error
    return f"{out}: version {version}, {count} numbers"


def verify(file: Path) -> str:
    """Open a list as a terminal would. Raises ConfigurationError when it is damaged."""
    with DenyList(file, KeySpace.TRANSIT_NUMBER) as found:
        return f"{file}: version {found.version}, {found.count} numbers, whole"


def _keys(numbers: Path) -> Iterator[bytes]:
    for place, line in enumerate(numbers.read_text("utf-8").splitlines(), 1):
        digits = line.strip()
        if not digits or digits.startswith("#"):
            continue
        try:
            yield transit_key(digits)
        except ValueError as error:
            raise ConfigurationError("", f"{numbers}, line {place}: {error}") from error
