"""How long to wait before the next attempt: twice as long each time, never the same for two terminals."""

from collections.abc import Callable
from dataclasses import dataclass
from random import random


@dataclass(slots=True)
class Backoff:
    """Seconds between attempts. `draw` gives numbers from 0 to 1: half of each pause is left to it."""

    first: float
    longest: float
    draw: Callable[[], float] = random
    attempts: int = 0

    def next(self) -> float:
        """The pause after one more failure."""
        pause: float = min(self.longest, self.first * 2 ** min(self.attempts, 32))
        self.attempts += 1
        return pause * (0.5 + self.draw() / 2)

    def reset(self) -> None:
        """It worked."""
        self.attempts = 0
