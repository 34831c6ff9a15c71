"""What a start does with debits that a power cut left open: each gets the row, and the event, that it is owed."""

from collections.abc import Iterable
from dataclasses import replace

from firmware.card.exchange import Commit, Entry, Exchange, RowKind
from firmware.transit import events
from firmware.transit.memory import LeftOpen
from firmware.transit.reasons import Outcome
from firmware.transit.states import DebitState, move

#: State found → row kind, next state, and what the operator is told.
CLOSINGS = {
    DebitState.INTENDED: (RowKind.OUTCOME, DebitState.IN_DOUBT, Outcome.IN_DOUBT),
    DebitState.DEBITED: (RowKind.RESOLUTION, DebitState.MAC2_UNVERIFIED, Outcome.MAC2_UNVERIFIED),
}


def close_open_debits(left_open: Iterable[LeftOpen]) -> Exchange[int]:
    """Move every open debit on; how many there were. Running it again after another cut does no harm."""
    count = 0
    for item in left_open:
        kind, after, outcome = CLOSINGS[item.state]
        told = replace(item.evidence, detail="power-lost")
        event = events.settled(item.debit, outcome, told, 0)
        yield Commit(Entry(item.debit.transaction, kind, move(item.state, after).value, told, event))
        count += 1
    return count
