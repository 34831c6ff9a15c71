"""What a tap's conversation is given: it owns no clock, no list, no module."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from firmware.logs import instrument
from firmware.masks import CardNumber
from firmware.sam.commands import SamIdentity
from firmware.transit.memory import Memory
from firmware.transit.terms import Terms

log = instrument(__name__)


@dataclass(frozen=True, slots=True)
class TapContext:
    """One tap. `now` is read once, so that MAC1, the journey record and the journal carry the same second."""

    transaction: str
    terms: Terms
    sam: SamIdentity
    memory: Memory
    denied: Callable[[CardNumber], bool]
    now: datetime
    clock_trusted: bool
    elapsed_ms: Callable[[], int]

    def note(self, error: Exception) -> None:
        """Log why a card could not be read."""
        log.warning("card-unreadable", error=error)
