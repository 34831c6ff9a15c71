"""The states of a purse and its legal moves (transit §2.3), as a table.

Any other command, SELECT, an error or the loss of power leads back to IDLE and drops what was cached.
"""

from collections.abc import Mapping
from enum import Enum

from firmware.card.apdu import Command
from firmware.errors import IllegalMove


class State(Enum):
    """What the purse waits for."""

    IDLE = "idle"
    LOAD_READY = "load ready"
    PURCHASE_READY = "purchase ready"
    CAPP_READY = "compound purchase ready"
    CAPP_CACHED = "compound purchase cached"


class Event(Enum):
    """What a command means to the purse."""

    INIT_LOAD = "initialize for load"
    INIT_PURCHASE = "initialize for purchase"
    INIT_CAPP = "initialize for compound purchase"
    CACHE = "update cache"
    DEBIT = "debit"
    CREDIT = "credit"
    OTHER = "any other command"


#: An INITIALIZE begins anew from wherever the purse is, which drops what was begun before.
MOVES: Mapping[tuple[State, Event], State] = {
    **{(state, Event.OTHER): State.IDLE for state in State},
    **{(state, Event.INIT_LOAD): State.LOAD_READY for state in State},
    **{(state, Event.INIT_PURCHASE): State.PURCHASE_READY for state in State},
    **{(state, Event.INIT_CAPP): State.CAPP_READY for state in State},
    (State.CAPP_READY, Event.CACHE): State.CAPP_CACHED,
    (State.CAPP_CACHED, Event.CACHE): State.CAPP_CACHED,
    (State.PURCHASE_READY, Event.DEBIT): State.IDLE,
    (State.CAPP_CACHED, Event.DEBIT): State.IDLE,
    (State.LOAD_READY, Event.CREDIT): State.IDLE,
}

_EVENTS = {
    (0x80, 0xDC): Event.CACHE,
    (0x80, 0x54): Event.DEBIT,
    (0x80, 0x52): Event.CREDIT,
}
_INITIALIZATIONS = {0x00: Event.INIT_LOAD, 0x01: Event.INIT_PURCHASE, 0x03: Event.INIT_CAPP}


def event_of(command: Command) -> Event:
    """What a command means to the purse."""
    if (command.cla, command.ins) == (0x80, 0x50):
        return _INITIALIZATIONS.get(command.p1, Event.OTHER)
    return _EVENTS.get((command.cla, command.ins), Event.OTHER)


def move(state: State, event: Event) -> State:
    """The state after the event, if the command succeeds. Raises IllegalMove."""
    try:
        return MOVES[state, event]
    except KeyError:
        raise IllegalMove(state, event) from None
