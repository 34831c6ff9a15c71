"""What a reader driver offers. A PSAM slot is a reader too, whose card never leaves."""

from typing import Protocol

from firmware.card.identity import CardIdentity

#: An answer must be there this long after its command: far above any card, far below a passenger's patience.
APDU_SECONDS = 2.0


class ReaderCard(Protocol):
    """A card in the field or in the slot, activated and ready for APDUs."""

    @property
    def identity(self) -> CardIdentity:
        """What the reader knows of it."""
        ...

    def transmit(self, apdu: bytes, seconds: float = APDU_SECONDS) -> bytes:
        """Exchange one APDU; whatever happens, it ends after about `seconds`.

        Raises CardLost when the card is gone or silent, MalformedCardData when it breaks the protocol,
        ReaderLost or ReaderMute when the reader is at fault.
        """
        ...

    def present(self) -> bool:
        """Whether it is still there, asked without disturbing it. Raises ReaderError."""
        ...

    def release(self) -> None:
        """Let go of it (S(DESELECT), disconnect); never raises, may be called twice."""
        ...


class Reader(Protocol):
    """A reader that has been opened."""

    @property
    def name(self) -> str:
        """Its URL."""
        ...

    def poll(self, seconds: float) -> ReaderCard | None:
        """Look for a card, at most that long (one look at least). None when there is none.

        Raises ReaderError; SeveralCards when the reader can tell that there is more than one.
        """
        ...

    def close(self) -> None:
        """Give everything back; never raises, may be called twice."""
        ...
