"""The bus validator: what it knows between taps, and the conversation for the next one."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

from firmware.card.exchange import Exchange
from firmware.clock import Clock
from firmware.masks import CardNumber
from firmware.sam.commands import SamIdentity
from firmware.transit.context import TapContext
from firmware.transit.memory import LeftOpen, Memory, PastRow, rebuild
from firmware.transit.reasons import Outcome
from firmware.transit.restart import close_open_debits
from firmware.transit.tap import tap
from firmware.transit.terms import Terms


@dataclass(slots=True)
class Validator:
    """One terminal's validator. `left_open`: what the last power cut left, until `close_left_open` has been run."""

    terms: Terms
    clock: Clock
    denied: Callable[[CardNumber], bool]
    memory: Memory
    left_open: list[LeftOpen]

    @classmethod
    def started(cls, terms: Terms, clock: Clock, denied: Callable[[CardNumber], bool], rows: Iterable[PastRow]) -> Self:
        """A validator that remembers what its journal holds."""
        memory, left_open = rebuild(rows)
        return cls(terms, clock, denied, memory, left_open)

    def close_left_open(self) -> Exchange[int]:
        """The conversation to run before the first tap: rows and events that the last power cut owes."""
        count = yield from close_open_debits(self.left_open)
        self.left_open = []
        return count

    def tap(self, sam: SamIdentity) -> Exchange[Outcome]:
        """The conversation with the card that has just come into the field."""
        began = self.clock.monotonic()
        context = TapContext(
            transaction=secrets.token_hex(8),
            terms=self.terms,
            sam=sam,
            memory=self.memory,
            denied=self.denied,
            now=self.clock.now(),
            clock_trusted=self.clock.trusted(),
            elapsed_ms=lambda: round((self.clock.monotonic() - began) * 1000),
        )
        return tap(context)
