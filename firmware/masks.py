"""Numbers and secrets that refuse to be printed.

A value of these types can be compared, hashed and asked for its content by a call that is easy to find in review
(`reveal`). Whatever formats it otherwise (log, f-string, traceback, debugger) sees the mask.
"""

from dataclasses import dataclass
from typing import NoReturn


class Masked:
    """Base: `str`, `repr` and `format` give the mask; pickling is refused."""

    __slots__ = ()

    def mask(self) -> str:
        """What may be shown and logged."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.mask()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.mask()}>"

    def __format__(self, spec: str) -> str:
        return format(self.mask(), spec)

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} must not be pickled")


@dataclass(frozen=True, slots=True, repr=False)
class CardNumber(Masked):
    """A transit card number: the 20 digits of the application serial number; its last four may be shown."""

    digits: str

    def mask(self) -> str:
        return "*" * max(0, len(self.digits) - 4) + self.digits[-4:]

    def reveal(self) -> str:
        """The whole number: for the journal, the deny list and money events only."""
        return self.digits


@dataclass(frozen=True, slots=True, repr=False)
class IdNumber(Masked):
    """公民身份号码: the first three and the last four may be shown on a screen, nothing in a log."""

    digits: str

    def mask(self) -> str:
        return "*" * len(self.digits)

    def on_screen(self) -> str:
        """`350***********1234`."""
        return self.digits[:3] + "*" * max(0, len(self.digits) - 7) + self.digits[-4:]

    def reveal(self) -> str:
        """The whole number: never for a log or a topic."""
        return self.digits


@dataclass(frozen=True, slots=True, repr=False)
class PersonName(Masked):
    """A person's name: the first character may be shown on a screen, nothing in a log."""

    text: str

    def mask(self) -> str:
        return "*" * len(self.text)

    def on_screen(self) -> str:
        """`张*`, `张*丰`."""
        if len(self.text) < 3:
            return self.text[:1] + "*" * (len(self.text) - 1)
        return self.text[0] + "*" * (len(self.text) - 2) + self.text[-1]

    def reveal(self) -> str:
        """The whole name: never for a log or a topic."""
        return self.text


@dataclass(frozen=True, slots=True, repr=False)
class Secret(Masked):
    """Key or PIN bytes."""

    content: bytes

    def mask(self) -> str:
        return f"secret of {len(self.content)} bytes"

    def reveal(self) -> bytes:
        """The bytes, at the moment of use."""
        return self.content
