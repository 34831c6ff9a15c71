"""What a virtual card offers to the readers that carry it."""

from dataclasses import dataclass
from typing import Protocol

from firmware.card.identity import CardIdentity


@dataclass(frozen=True, slots=True)
class Reply:
    """What comes back for one APDU, and how.

    `data` None: the card is gone and stays gone until it is put back. `waits`: S(WTX) requests before the answer
    (contactless only). `seconds`: time that passes before it. `cut`: only so many bytes arrive, then the card is gone.
    """

    data: bytes | None
    waits: int = 0
    seconds: float = 0.0
    cut: int | None = None


class VirtualCard(Protocol):
    """A card or a secure module that lives in this process."""

    @property
    def identity(self) -> CardIdentity:
        """Technology, UID and historical bytes."""
        ...

    def reset(self) -> None:
        """Power or field lost: volatile state is forgotten."""
        ...

    def answer(self, apdu: bytes) -> Reply:
        """Answer one APDU."""
        ...
