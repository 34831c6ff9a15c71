import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.card.exchange import Signal
from firmware.errors import PanelError
from firmware.panel.wiring import PATTERNS, Pins, Rest, Wiring

RED, GREEN, BUZZER, GATE = 17, 27, 22, 23
OPEN_AT_REST = Pins(red=RED, green=GREEN, buzzer=BUZZER, gate=GATE, gate_safe=Rest.OPEN, gate_s=3.0)
CLOSED_AT_REST = Pins(red=RED, green=GREEN, buzzer=BUZZER, gate=GATE, gate_safe=Rest.CLOSED, gate_s=3.0)


class Bench:
    """Wiring under a hand-driven time; keeps what was written and when, from the resting levels on."""

    def __init__(self, pins):
        self.now, self.due, self.record = 0.0, None, []
        self.levels = dict.fromkeys(pins.outputs(), False)
        self.wiring = Wiring(pins, self._write)

    def _write(self, pin, level):
        self.levels[pin] = level
        self.record.append((round(self.now, 3), pin, level))

    def show(self, signal):
        self.due = self.wiring.show(signal, self.now)

    def emergency(self, *, pressed):
        self.due = self.wiring.emergency(self.now, pressed=pressed)

    def until(self, moment):
        while self.due is not None and self.due <= moment:
            assert self.due > self.now, "the time of the next step must move on"
            self.now = self.due
            self.due = self.wiring.step(self.now)
        self.now = moment

    def shown(self, signal, seconds):
        self.record.clear()
        self.show(signal)
        self.until(self.now + seconds)
        return self.record


def ready(pins=CLOSED_AT_REST):
    bench = Bench(pins)
    bench.show(Signal.READY)
    return bench


def test_a_pass_is_green_sounds_once_and_opens_the_gate_for_its_time():
    assert ready().shown(Signal.PASS, 10) == [
        (0.0, GATE, True),
        (0.0, GREEN, True),
        (0.0, BUZZER, True),
        (0.1, BUZZER, False),
        (3.0, GATE, False),
    ]


def test_a_gate_that_rests_open_is_held_closed_and_let_go_for_a_pass():
    bench = ready(OPEN_AT_REST)
    held = dict(bench.levels)
    gate = [change for change in bench.shown(Signal.PASS, 10) if change[1] == GATE]
    assert (held, gate) == (
        {RED: False, GREEN: False, BUZZER: False, GATE: True},
        [(0.0, GATE, False), (3.0, GATE, True)],
    )


def test_a_refusal_is_red_and_sounds_three_times():
    assert ready().shown(Signal.REFUSE, 10) == [
        (0.0, RED, True),
        (0.0, BUZZER, True),
        (0.1, BUZZER, False),
        (0.2, BUZZER, True),
        (0.3, BUZZER, False),
        (0.4, BUZZER, True),
        (0.5, BUZZER, False),
    ]


def test_another_try_blinks_red_for_two_seconds_and_stays_red():
    changes = ready().shown(Signal.AGAIN, 60)
    assert [change for change in changes if change[1] == RED] == [
        (0.25 * turn, RED, turn % 2 == 0) for turn in range(9)
    ]
    assert [change[0] for change in changes if change[1] == BUZZER] == [0.0, 0.1, 0.2, 0.3]


def test_being_ready_is_dark_and_silent():
    bench = ready()
    bench.show(Signal.REFUSE)
    bench.show(Signal.READY)
    assert bench.levels == {RED: False, GREEN: False, BUZZER: False, GATE: False}


@pytest.mark.parametrize("following", [Signal.READY, Signal.REFUSE, Signal.AGAIN, Signal.CLOSED])
def test_the_next_view_does_not_close_the_gate_on_who_is_walking_through(following):
    bench = ready()
    bench.show(Signal.PASS)
    bench.until(1.0)
    changes = bench.shown(following, 10)
    assert [change for change in changes if change[1] == GATE] == [(3.0, GATE, False)]


def test_a_second_pass_keeps_the_gate_open_for_its_whole_time():
    bench = ready()
    bench.show(Signal.PASS)
    bench.until(2.0)
    changes = bench.shown(Signal.PASS, 10)
    assert [change for change in changes if change[1] == GATE] == [(5.0, GATE, False)]


def test_every_output_is_at_rest_until_the_first_signal():
    bench = Bench(OPEN_AT_REST)
    assert (bench.wiring.step(1.0), bench.record) == (None, [])


def test_an_emergency_before_the_first_signal_opens_the_gate_and_its_end_closes_it():
    bench = Bench(CLOSED_AT_REST)
    bench.emergency(pressed=True)
    during = bench.levels[GATE]
    bench.emergency(pressed=False)
    assert (during, bench.levels[GATE], bench.levels[RED]) == (True, False, True)


def test_a_pin_that_could_not_be_written_is_written_at_the_next_step():
    failing = [True]
    written = []

    def write(pin, level):
        if failing[0]:
            raise PanelError("wire off")
        written.append((pin, level))

    wiring = Wiring(Pins(gate=GATE, gate_safe=Rest.CLOSED), write)
    with pytest.raises(PanelError, match="wire off"):
        wiring.show(Signal.PASS, 0.0)
    failing[0] = False
    wiring.step(0.5)
    assert written == [(GATE, True)]


events = st.lists(
    st.tuples(st.floats(0, 4), st.sampled_from([*Signal, "press", "release"])),
    min_size=1,
    max_size=12,
)


@given(events, st.sampled_from([OPEN_AT_REST, CLOSED_AT_REST]))
def test_the_gate_is_open_exactly_during_an_emergency_and_for_its_time_after_a_pass(happenings, pins):
    bench = Bench(pins)
    bench.show(Signal.READY)
    pressed, last_pass = False, -100.0
    for pause, happening in happenings:
        bench.until(bench.now + pause)
        assert is_open(bench, pins) == (pressed or bench.now < last_pass + 3.0)
        if happening in ("press", "release"):
            pressed = happening == "press"
            bench.emergency(pressed=pressed)
        else:
            bench.show(happening)
            last_pass = bench.now if happening is Signal.PASS else last_pass
        assert is_open(bench, pins) == (pressed or bench.now < last_pass + 3.0)


def is_open(bench, pins):
    return bench.levels[GATE] != (pins.gate_safe is Rest.OPEN)


def test_every_signal_has_a_pattern_that_ends_silent():
    assert set(PATTERNS) == set(Signal)
    assert [signal for signal, pattern in PATTERNS.items() if pattern.buzzer.level(0.0, 1e6)] == []
