"""However answers, refusals and losses fall, an event counts as delivered only after a good answer to it."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from firmware.errors import IllegalMove, InternalError
from firmware.report.backoff import Backoff
from firmware.report.window import IN_FLIGHT, PumpState, Window


def window(offered=0, state=PumpState.SENDING):
    made = Window(Backoff(1.0, 8.0, draw=lambda: 1.0))
    made.connected()
    made.state = state
    for sequence in range(1, offered + 1):
        made.offer(sequence)
    return made


def test_events_leave_in_order_and_no_more_than_twenty_at_once() -> None:
    pump = window(20)
    assert pump.room() == 0
    assert pump.due(0) == list(range(1, 21))
    assert pump.due(0) == []
    pump.accepted(1)
    assert (pump.room(), pump.delivered) == (1, 1)


def test_a_broker_that_takes_fewer_gets_fewer() -> None:
    pump = window(20)
    pump.lost()
    pump.connected(5)
    assert pump.due(0) == [1]
    pump.accepted(1)
    assert pump.due(0) == [2, 3, 4, 5, 6]


def test_the_mark_waits_for_the_oldest() -> None:
    pump = window(4)
    pump.due(0)
    pump.accepted(2)
    pump.accepted(4)
    assert (pump.delivered, pump.ahead) == (0, frozenset({2, 4}))
    pump.accepted(1)
    assert (pump.delivered, pump.ahead) == (2, frozenset({4}))
    pump.accepted(3)
    assert (pump.delivered, pump.ahead, pump.idle) == (4, frozenset(), True)


def test_a_refused_event_goes_first_after_a_pause_that_doubles() -> None:
    pump = window(3)
    pauses = []
    now = 0.0
    for _ in range(5):
        due = pump.due(now)
        assert due[0] == 1
        for sequence in due:
            pump.refused(sequence, now)
        assert pump.due(now) == []
        pauses.append(pump.resume_at - now)
        now = pump.resume_at
    assert pauses == [1, 2, 4, 8, 8]


def test_many_refusals_of_one_moment_are_one_failure() -> None:
    pump = window(3)
    for sequence in pump.due(0):
        pump.refused(sequence, 0)
    assert pump.resume_at == 1
    assert pump.due(1) == [1]
    pump.refused(1, 1)
    assert pump.resume_at == 3


def test_after_a_pause_the_oldest_goes_alone_and_the_others_behind_it() -> None:
    pump = window(3)
    for sequence in pump.due(0):
        pump.refused(sequence, 0)
    assert (pump.due(1), pump.state) == ([1], PumpState.PROBING)
    assert pump.due(9) == []
    pump.accepted(1)
    assert (pump.due(9), pump.state) == ([2, 3], PumpState.SENDING)


def test_good_answers_to_what_was_still_on_its_way_do_not_end_a_pause() -> None:
    pump = window(3)
    pump.due(0)
    pump.refused(1, 0)
    pump.accepted(2)
    assert (pump.state, pump.due(0.5)) == (PumpState.PAUSED, [])
    assert pump.due(1) == []
    pump.accepted(3)
    assert (pump.state, pump.due(1)) == (PumpState.SENDING, [1])


def test_a_good_answer_forgets_the_failures_before() -> None:
    pump = window(2)
    for sequence in pump.due(0):
        pump.refused(sequence, 0)
    pump.due(1)
    pump.accepted(1)
    assert pump.due(1) == [2]
    pump.refused(2, 1)
    assert pump.resume_at == 2


def test_what_was_in_flight_when_the_connection_was_lost_is_sent_again() -> None:
    pump = window(3)
    pump.due(0)
    pump.accepted(2)
    pump.lost()
    assert pump.due(0) == []
    pump.connected()
    assert pump.due(0) == [1]
    pump.accepted(1)
    assert pump.due(0) == [3]


def test_on_a_new_connection_the_oldest_goes_alone() -> None:
    pump = window(3, PumpState.PROBING)
    assert (pump.due(0), pump.due(9)) == ([1], [])
    pump.accepted(1)
    assert pump.due(9) == [2, 3]


def test_events_known_to_be_delivered_are_not_sent_again() -> None:
    pump = window()
    pump.restart(4, {6, 7})
    for sequence in (5, 6, 7, 8):
        pump.offer(sequence)
    assert pump.due(0) == [5, 8]
    pump.accepted(5)
    assert pump.delivered == 7


def test_events_must_grow_and_have_room() -> None:
    pump = window(20)
    for sequence in (21, 20):
        with pytest.raises(InternalError):
            pump.offer(sequence)
    with pytest.raises(InternalError):
        pump.restart(0)


@pytest.mark.parametrize(
    "move",
    [
        lambda pump: pump.accepted(1),
        lambda pump: pump.refused(1, 0),
        lambda pump: pump.accepted(99),
        lambda pump: pump.connected(),
        lambda pump: (pump.lost(), pump.lost()),
    ],
)
def test_a_move_that_the_tables_do_not_have_is_illegal(move) -> None:
    with pytest.raises(IllegalMove):
        move(window(1))


class Storm(RuleBasedStateMachine):
    """A broker that answers, refuses and dies as it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.window = Window(Backoff(1.0, 8.0))
        self.now = 0.0
        self.offered = 0
        self.flying: list[int] = []
        self.good: set[int] = set()

    @rule(gap=st.integers(1, 2))
    @precondition(lambda self: self.window.room())
    def offer(self, gap) -> None:
        self.offered += gap
        self.good |= set(range(self.offered - gap + 1, self.offered))
        self.window.offer(self.offered)

    @rule(seconds=st.floats(0, 10))
    def send(self, seconds) -> None:
        self.now += seconds
        due = self.window.due(self.now)
        assert due == sorted(due)
        assert not set(due) & (set(self.flying) | self.good)
        self.flying += due

    @rule(data=st.data(), accept=st.booleans())
    @precondition(lambda self: self.flying)
    def answer(self, data, accept) -> None:
        sequence = data.draw(st.sampled_from(self.flying))
        self.flying.remove(sequence)
        if accept:
            self.window.accepted(sequence)
            self.good.add(sequence)
        else:
            self.window.refused(sequence, self.now)

    @rule()
    @precondition(lambda self: self.window.state is not PumpState.OFFLINE)
    def lose(self) -> None:
        self.window.lost()
        self.flying = []

    @rule(limit=st.integers(0, 30))
    @precondition(lambda self: self.window.state is PumpState.OFFLINE)
    def connect(self, limit) -> None:
        self.window.connected(limit)

    @invariant()
    def everything_up_to_the_mark_and_ahead_of_it_had_a_good_answer(self) -> None:
        assert set(range(1, self.window.delivered + 1)) | self.window.ahead <= self.good
        assert len(self.flying) <= IN_FLIGHT


TestStorm = Storm.TestCase
TestStorm.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
