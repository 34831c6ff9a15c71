"""Card presence as a state table with debounce: which of the reader's findings are new taps.

A card at the edge of the field flickers. It fades first and is gone only after the debounce time; if it comes back
before that with the same UID, it is the same tap. (A card that invents a new UID each time it loses the field is a new
tap for us; the validator tells by its card number.)
"""

from collections.abc import Mapping
from enum import Enum
from threading import Event as Flag
from types import MappingProxyType

from firmware.clock import Clock, SystemClock
from firmware.errors import IllegalMove, SeveralCards
from firmware.nfc.port import Reader, ReaderCard

#: A card may be unseen this long and still be the same tap, in seconds.
DEBOUNCE = 0.3
#: How long one poll of the reader may take while nobody is there, in seconds; bounds the time that stopping takes.
POLL = 0.25
#: Time between two questions whether a card that was served is still there, in seconds.
CHECK = 0.1


class State(Enum):
    """Whether a card is there."""

    EMPTY = "empty"
    PRESENT = "present"
    FADING = "fading"


class Event(Enum):
    """What a look at the field finds."""

    SEEN = "seen"  # the card we know, or the first one
    OTHER = "other"  # another UID than the one we know
    MISSED = "missed"
    EXPIRED = "expired"  # it has been missed for the debounce time


class Change(Enum):
    """What a look means to those who serve cards."""

    NONE = "none"
    ARRIVED = "arrived"  # a new tap
    LEFT = "left"


#: Every legal move: the state after it, and what it means.
MOVES: Mapping[tuple[State, Event], tuple[State, Change]] = MappingProxyType(
    {
        (State.EMPTY, Event.SEEN): (State.PRESENT, Change.ARRIVED),
        (State.EMPTY, Event.MISSED): (State.EMPTY, Change.NONE),
        (State.PRESENT, Event.SEEN): (State.PRESENT, Change.NONE),
        (State.PRESENT, Event.OTHER): (State.PRESENT, Change.ARRIVED),
        (State.PRESENT, Event.MISSED): (State.FADING, Change.NONE),
        (State.FADING, Event.SEEN): (State.PRESENT, Change.NONE),
        (State.FADING, Event.OTHER): (State.PRESENT, Change.ARRIVED),
        (State.FADING, Event.MISSED): (State.FADING, Change.NONE),
        (State.FADING, Event.EXPIRED): (State.EMPTY, Change.LEFT),
    }
)


class Presence:
    """The table at work: no reader, no clock; time is handed in as seconds that never go back."""

    def __init__(self, debounce: float = DEBOUNCE) -> None:
        self.state = State.EMPTY
        self._debounce = debounce
        self._uid: bytes | None = None
        self._missed_at = 0.0

    def look(self, uid: bytes | None, now: float) -> Change:
        """Take in what was found at that time: the UID of a card, or None. A tap outranks a departure."""
        left = self._expire(now)
        if uid is None:
            self._miss(now)
            return left
        event = Event.OTHER if self._uid not in (None, uid) else Event.SEEN
        self._uid = uid
        return self.move(event)

    def move(self, event: Event) -> Change:
        """Make one move. Raises IllegalMove when the table has none."""
        if (self.state, event) not in MOVES:
            raise IllegalMove(self.state, event)
        self.state, change = MOVES[self.state, event]
        return change

    def _expire(self, now: float) -> Change:
        if self.state is not State.FADING or now - self._missed_at < self._debounce:
            return Change.NONE
        self._uid = None
        return self.move(Event.EXPIRED)

    def _miss(self, now: float) -> None:
        if self.state is State.PRESENT:
            self._missed_at = now
        self.move(Event.MISSED)


class CardPresence:
    """A reader watched by the table: hands out each new card once."""

    def __init__(self, reader: Reader, clock: Clock | None = None, *, debounce: float = DEBOUNCE) -> None:
        self._reader = reader
        self._clock = clock or SystemClock()
        self._debounce = debounce
        self._presence = Presence(debounce)
        self._arrived: ReaderCard | None = None

    def next_card(self, stop: Flag) -> ReaderCard | None:
        """Wait for a new tap; None when `stop` is set. Raises ReaderError and SeveralCards; may be called again."""
        while not stop.is_set():
            card, self._arrived = self._arrived, None
            if card is not None:
                return card
            card = self._reader.poll(POLL)
            change = self._look(card)
            if change is Change.ARRIVED:
                return card
            if card is not None:
                self.wait_removed(card, stop)
        return None

    def forget(self, card: ReaderCard) -> None:
        """Its tap could not be finished: release the card, and take its next sight as a new tap at once."""
        card.release()
        self._presence = Presence(self._debounce)

    def wait_removed(self, card: ReaderCard, stop: Flag) -> None:
        """Return when this card has been taken away for good, when another lies there, or when `stop` is set.

        Releases the card. Raises ReaderError.
        """
        try:
            while not stop.is_set():
                if card.present():
                    change = self._look(card)
                else:
                    card.release()
                    card, change = self._look_again(card)
                if change is not Change.NONE:
                    return
                self._clock.wait(stop, CHECK)
        finally:
            if card is not self._arrived:
                card.release()

    def _look_again(self, card: ReaderCard) -> tuple[ReaderCard, Change]:
        """The card does not answer any more: perhaps it lost the field for a moment and can be found anew."""
        try:
            found = self._reader.poll(0)
        except SeveralCards:
            return card, self._look(card)
        change = self._look(found)
        if found is not None and change is Change.ARRIVED:
            self._arrived = found
        return found or card, change

    def _look(self, card: ReaderCard | None) -> Change:
        return self._presence.look(card.identity.uid if card else None, self._clock.monotonic())
