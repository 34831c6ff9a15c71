"""Which events may be on their way, and what an answer means for them: the pump as state tables. No I/O, no clock.

| the pump | CONNECTED | GOOD    | REFUSED | RESUMED | LOST    |
|----------|-----------|---------|---------|---------|---------|
| OFFLINE  | PROBING   |         |         |         |         |
| SENDING  |           | SENDING | PAUSED  |         | OFFLINE |
| PAUSED   |           | PAUSED  | PAUSED  | PROBING | OFFLINE |
| PROBING  |           | SENDING | PAUSED  |         | OFFLINE |

| an event  | SENT      | GOOD      | REFUSED | LOST  |
|-----------|-----------|-----------|---------|-------|
| READY     | IN_FLIGHT |           |         |       |
| IN_FLIGHT |           | DELIVERED | READY   | READY |

On a new connection the oldest event goes alone, and the others follow when it is taken; likewise after a refusal, when
a pause is over. So what waited for a subscriber reaches him in order.
"""

from collections.abc import Iterable, Mapping
from enum import Enum

from firmware.errors import IllegalMove, InternalError
from firmware.report.backoff import Backoff

#: Events on their way at once: mosquitto's own default, and paho's.
IN_FLIGHT = 20


class PumpState(Enum):
    """Whether events may leave."""

    OFFLINE = "offline"
    SENDING = "sending"
    PAUSED = "paused"
    PROBING = "probing"


class EventState(Enum):
    """Where an event stands."""

    READY = "ready"
    IN_FLIGHT = "in flight"
    DELIVERED = "delivered"


class Happening(Enum):
    """What moves the pump or an event."""

    CONNECTED = "connected"
    SENT = "sent"
    GOOD = "good answer"
    REFUSED = "refused"
    RESUMED = "pause over"
    LOST = "connection lost"


PUMP_MOVES: Mapping[tuple[PumpState, Happening], PumpState] = {
    (PumpState.OFFLINE, Happening.CONNECTED): PumpState.PROBING,
    (PumpState.SENDING, Happening.GOOD): PumpState.SENDING,
    (PumpState.SENDING, Happening.REFUSED): PumpState.PAUSED,
    (PumpState.SENDING, Happening.LOST): PumpState.OFFLINE,
    (PumpState.PAUSED, Happening.GOOD): PumpState.PAUSED,
    (PumpState.PAUSED, Happening.REFUSED): PumpState.PAUSED,
    (PumpState.PAUSED, Happening.RESUMED): PumpState.PROBING,
    (PumpState.PAUSED, Happening.LOST): PumpState.OFFLINE,
    (PumpState.PROBING, Happening.GOOD): PumpState.SENDING,
    (PumpState.PROBING, Happening.REFUSED): PumpState.PAUSED,
    (PumpState.PROBING, Happening.LOST): PumpState.OFFLINE,
}
EVENT_MOVES: Mapping[tuple[EventState, Happening], EventState] = {
    (EventState.READY, Happening.SENT): EventState.IN_FLIGHT,
    (EventState.IN_FLIGHT, Happening.GOOD): EventState.DELIVERED,
    (EventState.IN_FLIGHT, Happening.REFUSED): EventState.READY,
    (EventState.IN_FLIGHT, Happening.LOST): EventState.READY,
}
#: Events on their way at once in the states in which any may be.
AT_ONCE: Mapping[PumpState, int] = {PumpState.SENDING: IN_FLIGHT, PumpState.PROBING: 1}


class Window:
    """The events between the last one up to which everything is delivered, and the newest one offered."""

    def __init__(self, backoff: Backoff) -> None:
        self.state = PumpState.OFFLINE
        self.delivered = 0
        self._last = 0
        self.resume_at = 0.0
        self._backoff = backoff
        self._known: frozenset[int] = frozenset()
        self._limit = IN_FLIGHT
        self._events: dict[int, EventState] = {}

    @property
    def ahead(self) -> frozenset[int]:
        """Delivered before an older one was."""
        return frozenset(number for number, state in self._events.items() if state is EventState.DELIVERED)

    @property
    def idle(self) -> bool:
        """Everything offered is delivered."""
        return not self._events

    def restart(self, delivered: int, ahead: Iterable[int] = ()) -> None:
        """Go on behind a mark; `ahead`: sequences behind it that are delivered too.

        Raises InternalError while events are on their way.
        """
        if self._events:
            raise InternalError("the mark cannot be moved under events that are on their way")
        self.delivered = self._last = delivered
        self._known = frozenset(ahead)

    def room(self) -> int:
        """How many more events may be offered."""
        return max(0, self._limit - len(self._events))

    def offer(self, sequence: int) -> bool:
        """Take up the next event; False for one that is known to be delivered.

        Raises InternalError when sequences do not grow, or without room.
        """
        if sequence <= self._last or not self.room():
            raise InternalError(f"event {sequence} cannot follow {self._last}")
        self._last = sequence
        known = sequence in self._known
        self._events[sequence] = EventState.DELIVERED if known else EventState.READY
        self._advance()
        return not known

    def due(self, now: float) -> list[int]:
        """What is to be sent now, oldest first; it counts as sent."""
        if self.state is PumpState.PAUSED and now >= self.resume_at:
            self._move(Happening.RESUMED)
        if self.state not in AT_ONCE:
            return []
        flying = sum(state is EventState.IN_FLIGHT for state in self._events.values())
        ready = [number for number, state in self._events.items() if state is EventState.READY]
        ready = ready[: max(0, min(self._limit, AT_ONCE[self.state]) - flying)]
        for number in ready:
            self._move_event(number, Happening.SENT)
        return ready

    def connected(self, limit: int = IN_FLIGHT) -> None:
        """The broker takes so many at once."""
        self._limit = max(1, min(limit, IN_FLIGHT))
        self._move(Happening.CONNECTED)

    def accepted(self, sequence: int) -> None:
        """The broker has it and somebody will get it."""
        self._move_event(sequence, Happening.GOOD)
        self._move(Happening.GOOD)
        if self.state is PumpState.SENDING:
            self._backoff.reset()
        self._advance()

    def refused(self, sequence: int, now: float) -> None:
        """The broker does not take it, or has nobody to give it to. Many refusals of one moment are one failure."""
        self._move_event(sequence, Happening.REFUSED)
        if self.state is not PumpState.PAUSED:
            self.resume_at = now + self._backoff.next()
        self._move(Happening.REFUSED)

    def lost(self) -> None:
        """The connection is gone, and nobody knows what became of what was in flight."""
        self._move(Happening.LOST)
        for number, state in self._events.items():
            if state is EventState.IN_FLIGHT:
                self._move_event(number, Happening.LOST)

    def _advance(self) -> None:
        while self._events:
            oldest = next(iter(self._events))
            if self._events[oldest] is not EventState.DELIVERED:
                return
            self.delivered = oldest
            del self._events[oldest]

    def _move(self, happening: Happening) -> None:
        try:
            self.state = PUMP_MOVES[self.state, happening]
        except KeyError:
            raise IllegalMove(self.state, happening) from None

    def _move_event(self, sequence: int, happening: Happening) -> None:
        try:
            self._events[sequence] = EVENT_MOVES[self._events[sequence], happening]
        except KeyError:
            raise IllegalMove(self._events.get(sequence), happening) from None
