import random
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.card.identity import CardIdentity, Technology
from firmware.clock import ManualClock
from firmware.errors import IllegalMove, ReaderLost, SeveralCards
from firmware.nfc.presence import MOVES, CardPresence, Change, Event, Presence, State

DEBOUNCE = 0.3
ONE, TWO = b"\x01\x01\x01\x01", b"\x02\x02\x02\x02"


def taps(looks):
    """How many taps there are in looks (time, UID or None), told from the definition and not from the table."""
    count, last, missed_at = 0, None, None
    for now, uid in looks:
        if uid is None:
            missed_at = now if missed_at is None else missed_at
            continue
        gone = missed_at is not None and now - missed_at >= DEBOUNCE
        count += uid != last or gone
        last, missed_at = uid, None
    return count


def arrivals(looks):
    presence = Presence(DEBOUNCE)
    return sum(presence.look(uid, now) is Change.ARRIVED for now, uid in looks)


def test_every_move_that_the_table_lacks_is_illegal():
    for state in State:
        for event in Event:
            presence = Presence()
            presence.state = state
            if (state, event) in MOVES:
                assert presence.move(event) is MOVES[state, event][1]
            else:
                with pytest.raises(IllegalMove):
                    presence.move(event)
                assert presence.state is state


def test_ten_thousand_random_flaps_give_the_right_number_of_taps():
    chance = random.Random(20261123)
    looks, now = [], 0.0
    for _ in range(10_000):
        now += chance.choice([0.001, 0.05, 0.1, 0.299, 0.3, 0.301, 1.0])
        looks.append((now, chance.choice([None, None, None, ONE, ONE, TWO])))
    assert arrivals(looks) == taps(looks) > 1000


@given(st.lists(st.tuples(st.integers(0, 500), st.sampled_from([None, ONE, TWO])), max_size=60))
def test_a_look_is_a_tap_when_another_card_is_there_or_the_same_after_the_debounce_time(steps):
    looks, now = [], 0.0
    for milliseconds, uid in steps:
        now += milliseconds / 1000
        looks.append((now, uid))
    assert arrivals(looks) == taps(looks)


@given(st.lists(st.tuples(st.integers(0, 500), st.sampled_from([None, ONE, TWO])), max_size=60))
def test_a_card_leaves_exactly_once_before_the_field_is_empty_again(steps):
    presence, now, before = Presence(DEBOUNCE), 0.0, State.EMPTY
    for milliseconds, uid in steps:
        now += milliseconds / 1000
        change = presence.look(uid, now)
        assert (change is Change.LEFT) == (before is State.FADING and presence.state is State.EMPTY)
        before = presence.state


class Flickering:
    """A reader that finds what its script says at each look: a UID, None, or an error; then nothing, for ever."""

    name = "script"

    def __init__(self, clock, script):
        self.clock = clock
        self.script = list(script)
        self.released = []

    def find(self):
        self.clock.advance(0.05)
        found = self.script.pop(0) if self.script else None
        if isinstance(found, Exception):
            raise found
        return found

    def poll(self, seconds):
        uid = self.find()
        return None if uid is None else Lying(self, uid)

    def close(self):
        pass


class Lying:
    def __init__(self, reader, uid):
        self.reader = reader
        self.identity = CardIdentity(Technology.TYPE_A, uid, b"")
        self.lost = False

    def present(self):
        if self.lost:
            return False
        self.lost = self.reader.find() != self.identity.uid
        return not self.lost

    def transmit(self, apdu, seconds=2.0):
        raise AssertionError("presence sends no commands")

    def release(self):
        self.reader.released.append(self.identity.uid)


def served(*script):
    """The UIDs that are handed out for a script, each served at once and waited for."""
    clock, stop = ManualClock(), threading.Event()
    reader = Flickering(clock, script)
    presence = CardPresence(reader, clock, debounce=DEBOUNCE)
    uids = []
    while reader.script:
        try:
            card = presence.next_card(Until(reader, stop))
            if card is not None:
                uids.append(card.identity.uid)
                presence.wait_removed(card, stop)
        except (SeveralCards, ReaderLost) as error:
            uids.append(type(error))
    return uids


class Until:
    """An event that is set when the script has ended, so that nobody waits for ever."""

    def __init__(self, reader, stop):
        self._reader = reader
        self._stop = stop

    def is_set(self):
        return self._stop.is_set() or not self._reader.script


MISSED = [None] * 4


def test_each_new_card_is_handed_out_once_while_it_lies_there():
    assert served(None, ONE, ONE, ONE, ONE, *MISSED, TWO, TWO, *MISSED) == [ONE, TWO]


def test_a_card_that_flickers_is_no_new_tap():
    assert served(ONE, ONE, None, ONE, ONE, None, None, ONE, ONE, *MISSED) == [ONE]


def test_a_card_that_comes_back_after_the_debounce_time_is_a_new_tap():
    assert served(ONE, ONE, *MISSED, *MISSED, ONE, ONE, *MISSED) == [ONE, ONE]


def test_another_card_in_the_place_of_the_first_is_a_new_tap_at_once():
    assert served(ONE, ONE, None, TWO, TWO, *MISSED) == [ONE, TWO]


def test_several_cards_are_told_and_do_not_count_as_a_tap():
    assert served(SeveralCards("two"), ONE, ONE, *MISSED) == [SeveralCards, ONE]


def test_a_second_card_beside_one_that_was_served_does_not_end_it():
    assert served(ONE, ONE, None, SeveralCards("two"), ONE, ONE, *MISSED) == [ONE]


def test_a_lost_reader_is_told_and_the_card_that_still_lies_there_is_no_new_tap():
    assert served(ONE, ONE, ReaderLost("unplugged"), ONE, ONE, *MISSED) == [ONE, ReaderLost]


def test_next_card_ends_when_it_is_told_to_stop():
    stop = threading.Event()
    stop.set()
    assert CardPresence(Flickering(ManualClock(), [ONE])).next_card(stop) is None


def test_removal_is_not_waited_for_when_told_to_stop_and_the_card_is_released():
    clock, stop = ManualClock(), threading.Event()
    reader = Flickering(clock, [ONE, ONE])
    presence = CardPresence(reader, clock)
    card = presence.next_card(stop)
    stop.set()
    presence.wait_removed(card, stop)
    assert reader.released == [ONE]


def test_the_table_leads_from_every_state_back_to_empty():
    reached = {State.EMPTY}
    for _ in State:
        reached |= {state for (state, _), (after, _) in MOVES.items() if after in reached}
    assert reached == set(State)
