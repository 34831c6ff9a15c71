"""What the validator knows beside the card in its field: debits in doubt, greens that were never shown, recent taps.

All of it can be rebuilt from the journal; `rebuild` does so at start. No I/O, no clock: times come in.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from firmware.card.exchange import RowKind, Signal, View
from firmware.errors import JournalCorrupt
from firmware.masks import CardNumber
from firmware.transit.debits import Debit, Evidence, Shown
from firmware.transit.states import DebitState

#: States in which the card has paid and the passenger may pass.
PASSED = (DebitState.PAID, DebitState.MAC2_UNVERIFIED, DebitState.RECOVERED, DebitState.RECOVERED_UNPROVEN)
#: States in which a debit passed although the PSAM did not confirm it: once per card until the host has answered.
UNPROVEN = (DebitState.MAC2_UNVERIFIED, DebitState.RECOVERED_UNPROVEN)


@dataclass(frozen=True, slots=True)
class PastRow:
    """A journal row, as far as memory needs it."""

    transaction: str
    kind: RowKind
    state: str
    time: datetime
    body: bytes


@dataclass(frozen=True, slots=True)
class Unshown:
    """A debit that is complete but whose green was never shown."""

    debit: Debit
    since: datetime
    state: DebitState

    @property
    def proven(self) -> bool:
        """Whether the PSAM has accepted its MAC2."""
        return self.state not in UNPROVEN


@dataclass(frozen=True, slots=True)
class Recent:
    """The last result that a card was shown."""

    view: View
    time: datetime


@dataclass(slots=True)
class Memory:
    """Keyed by whole card number. `session`: the transaction whose MAC session the PSAM still holds."""

    doubts: dict[str, Debit] = field(default_factory=dict)
    unshown: dict[str, Unshown] = field(default_factory=dict)
    recent: dict[str, Recent] = field(default_factory=dict)
    grey: set[str] = field(default_factory=set)
    unproven: set[str] = field(default_factory=set)
    session: str | None = None

    def doubt(self, card: CardNumber) -> Debit | None:
        """The debit of this card that is in doubt."""
        return self.doubts.get(card.reveal())

    def unshown_of(self, card: CardNumber, now: datetime, window: timedelta) -> Unshown | None:
        """The completed debit of this card whose green was never shown, if that is recent enough."""
        found = self.unshown.get(card.reveal())
        return found if found and timedelta(0) <= now - found.since <= window else None

    def recent_of(self, card: CardNumber, now: datetime, window: timedelta) -> Recent | None:
        """What this card was shown a moment ago; a clock that went back forgets it."""
        found = self.recent.get(card.reveal())
        return found if found and timedelta(0) <= now - found.time < window else None

    def showed(self, card: CardNumber, view: View, now: datetime, window: timedelta) -> None:
        """Remember what a card was shown; entries older than the window are forgotten."""
        self.recent = {key: value for key, value in self.recent.items() if now - value.time < window}
        self.recent[card.reveal()] = Recent(view, now)
        self.unshown.pop(card.reveal(), None)


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """A debit that a power cut left in INTENDED or DEBITED, and what is known of it."""

    debit: Debit
    state: DebitState
    evidence: Evidence


@dataclass(slots=True)
class _Past:
    """The rows of one debit, read together."""

    debit: Debit
    state: DebitState
    time: datetime
    evidence: Evidence = field(default_factory=Evidence)
    shown: str | None = None  # the key of the text


def rebuild(rows: Iterable[PastRow]) -> tuple[Memory, list[LeftOpen]]:
    """Memory from the journal's rows in their order, and the debits that a power cut left open.

    Those still have to be moved on by a row of their own (firmware.transit.restart); memory already treats them as in
    doubt, and as unshown. Raises JournalCorrupt for a row that no release has written.
    """
    past: dict[str, _Past] = {}
    for row in rows:
        try:
            _note(past, row)
        except (msgspec.MsgspecError, ValueError) as error:
            raise JournalCorrupt(f"transaction {row.transaction} has a row that cannot be read") from error
    memory = Memory()
    for item in past.values():
        _remember(memory, item)
    left_open = (DebitState.INTENDED, DebitState.DEBITED)
    return memory, [
        LeftOpen(item.debit, item.state, item.evidence) for item in past.values() if item.state in left_open
    ]


def _note(past: dict[str, _Past], row: PastRow) -> None:
    if row.kind is RowKind.INTENT:
        debit = msgspec.json.decode(row.body, type=Debit)
        past[row.transaction] = _Past(debit, DebitState(row.state), row.time)
    elif row.transaction in past and row.kind is not RowKind.NOTE:
        _advance(past[row.transaction], row)


def _advance(item: _Past, row: PastRow) -> None:
    item.state, item.time = DebitState(row.state), row.time
    if row.kind is RowKind.SHOWN:
        item.shown = msgspec.json.decode(row.body, type=Shown).message
    else:
        item.evidence = msgspec.json.decode(row.body, type=Evidence)


def _remember(memory: Memory, item: _Past) -> None:
    card = item.debit.card_number.reveal()
    if item.state in (DebitState.INTENDED, DebitState.IN_DOUBT):
        memory.doubts[card] = item.debit
    if item.state is DebitState.MAC2_BAD:
        memory.grey.add(card)
    if item.shown and item.state in UNPROVEN:
        memory.unproven.add(card)
    if item.shown:
        signal = Signal.PASS if item.state in PASSED else Signal.REFUSE
        values = {"amount_fen": item.debit.amount, "balance_fen": item.debit.balance_after}
        memory.recent[card] = Recent(View(signal, item.shown, values), item.time)
    elif item.state in (*PASSED, DebitState.DEBITED):
        state = DebitState.MAC2_UNVERIFIED if item.state is DebitState.DEBITED else item.state
        memory.unshown[card] = Unshown(item.debit, item.time, state)
