"""The PSAM behind any reader: who it is, whether it is there, and who may use it.

ABSENT ──found──▶ READY ──lease──▶ LEASED
  ▲  ▲             │ ▲               │ │
  │  └────lost─────┘ └────release────┘ │
  ├────────────────lost────────────────┘
  └──lost── CHANGED ◀──foreign── ABSENT
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum, auto
from typing import TypeVar

from firmware.card.apdu import Command, Response
from firmware.card.channel import Channel, FollowingChannel, RawChannel
from firmware.card.exchange import Exchange
from firmware.clock import Clock
from firmware.errors import CardError, IllegalMove, ReaderError, RongtongError, SamBusy, SamChanged, SamLost
from firmware.logs import instrument
from firmware.nfc.port import Reader, ReaderCard
from firmware.runner import Runner
from firmware.sam.commands import SamIdentity, identify

log = instrument(__name__)
T = TypeVar("T")

#: A PSAM that does not answer one command this long is mute; the slowest (SM4, two levels) take a tenth of it.
SAM_SECONDS = 1.5
#: How often the slot is looked at between transactions.
LOOK_SECONDS = 0.5


class SamState(Enum):
    """Where the PSAM stands."""

    ABSENT = auto()
    READY = auto()
    LEASED = auto()
    CHANGED = auto()


class SamEvent(Enum):
    """What happens to it."""

    FOUND = auto()
    FOREIGN = auto()
    LEASE = auto()
    RELEASE = auto()
    LOST = auto()


MOVES: Mapping[tuple[SamState, SamEvent], SamState] = {
    (SamState.ABSENT, SamEvent.FOUND): SamState.READY,
    (SamState.ABSENT, SamEvent.FOREIGN): SamState.CHANGED,
    (SamState.ABSENT, SamEvent.LOST): SamState.ABSENT,
    (SamState.READY, SamEvent.LEASE): SamState.LEASED,
    (SamState.READY, SamEvent.LOST): SamState.ABSENT,
    (SamState.LEASED, SamEvent.RELEASE): SamState.READY,
    (SamState.LEASED, SamEvent.LOST): SamState.ABSENT,
    (SamState.CHANGED, SamEvent.LOST): SamState.ABSENT,
}


class Psam:
    """One PSAM slot.

    `epoch` counts how often a PSAM has been powered: a MAC session of an earlier epoch is gone.
    """

    def __init__(self, open_reader: Callable[[], Reader], clock: Clock, bound_to: SamIdentity | None = None) -> None:
        self._open_reader = open_reader
        self._clock = clock
        self._reader: Reader | None = None
        self._card: ReaderCard | None = None
        self._lock = threading.Lock()
        self._next_look = float("-inf")
        self.identity = bound_to
        self.state = SamState.ABSENT
        self.epoch = 0
        self.problem: RongtongError | None = None

    def tend(self) -> SamState:
        """Look after the slot while nobody uses it: find a missing PSAM, notice a pulled one. Never raises."""
        if self.state is SamState.LEASED or self._clock.monotonic() < self._next_look:
            return self.state
        self._next_look = self._clock.monotonic() + LOOK_SECONDS
        if self.state is SamState.READY:
            self._check_presence()
        else:
            self._look()
        return self.state

    @contextmanager
    def lease(self) -> Iterator[Channel]:
        """Hold the PSAM exclusively. Raises SamLost, SamChanged or SamBusy when it cannot be had."""
        if not self._lock.acquire(blocking=False):
            raise SamBusy("the PSAM is leased to another transaction")
        try:
            self._enter()
            yield _SamChannel(self)
        finally:
            if self.state is SamState.LEASED:
                self._move(SamEvent.RELEASE)
            self._lock.release()

    def close(self) -> None:
        """Give the slot back; may be called twice."""
        if self.state is not SamState.ABSENT:
            self._move(SamEvent.LOST)
        self._release()

    def _enter(self) -> None:
        if self.state is SamState.CHANGED:
            raise SamChanged("another PSAM than the one this terminal works with is in the slot")
        if self.state is not SamState.READY:
            raise SamLost("no PSAM answers")
        self._move(SamEvent.LEASE)

    def _look(self) -> None:
        try:
            self._reader = self._reader or self._open_reader()
            self._card = self._reader.poll(0.0)
            if self._card is None:  # the reader itself is well, and stays open
                self._move(SamEvent.LOST)
                self._note(SamLost("there is no PSAM in its slot"))
                return
            self._meet(Runner(sam=_channel(self._card)).run(identify()))
        except RongtongError as error:
            self._lose(error)

    def _meet(self, found: SamIdentity) -> None:
        self._move(SamEvent.LOST)
        self.epoch += 1
        if self.identity not in (None, found):
            self._move(SamEvent.FOREIGN)
            self._note(SamChanged(f"PSAM {found.psam_number.hex()} is not the one this terminal works with"))
            self._release()
            return
        self.identity, self.problem = found, None
        self._move(SamEvent.FOUND)
        log.info("psam-ready", number=found.psam_number.hex(), terminal=found.terminal_number.hex())

    def _check_presence(self) -> None:
        try:
            if self._card is not None and self._card.present():
                return
            self._lose(SamLost("the PSAM was pulled"))
        except (CardError, ReaderError) as error:
            self._lose(SamLost(str(error)))

    def _lose(self, error: RongtongError) -> None:
        self._move(SamEvent.LOST)
        self._note(error)
        self._release()

    def _note(self, error: RongtongError) -> None:
        if str(error) != str(self.problem):
            log.warning("psam-lost", code=error.code, error=error)
        self.problem = error

    def _release(self) -> None:
        card, self._card = self._card, None
        reader, self._reader = self._reader, None
        if card is not None:
            card.release()
        if reader is not None:
            reader.close()

    def _move(self, event: SamEvent) -> None:
        after = MOVES.get((self.state, event))
        if after is None:
            raise IllegalMove(self.state, event)
        self.state = after


class _SamChannel:
    """The leased PSAM: what goes wrong below becomes the PSAM's loss."""

    def __init__(self, psam: Psam) -> None:
        self._psam = psam

    def transmit(self, command: Command) -> Response:
        card = self._psam._card  # noqa: SLF001 - the channel is a part of Psam
        if self._psam.state is not SamState.LEASED or card is None:
            raise SamLost("no PSAM answers")
        try:
            return _channel(card).transmit(command)
        except (CardError, ReaderError) as error:
            lost = SamLost(f"the PSAM does not answer: {error}")
            self._psam._lose(lost)  # noqa: SLF001 - the channel is a part of Psam
            raise lost from error


def _channel(card: ReaderCard) -> Channel:
    return FollowingChannel(RawChannel(lambda apdu: card.transmit(apdu, SAM_SECONDS)))


def run_with(psam: Psam, conversation: Exchange[T]) -> T:
    """Run a conversation that speaks to the PSAM only."""
    with psam.lease() as channel:
        return Runner(sam=channel).run(conversation)
