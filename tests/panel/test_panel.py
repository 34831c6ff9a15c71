import io
import threading
import time

import pytest

from firmware.card.exchange import Signal, View
from firmware.clock import ManualClock
from firmware.config import PanelSection, TerminalSection
from firmware.errors import PanelError
from firmware.panel import Panel, open_panel, opening
from firmware.panel.fake_gpio import FakeGpio
from firmware.panel.screen import TextScreen
from firmware.panel.wiring import Pins, Rest

RED, GREEN, BUZZER, GATE, EMERGENCY = 17, 27, 22, 23, 24
PINS = Pins(red=RED, green=GREEN, buzzer=BUZZER, gate=GATE, emergency=EMERGENCY, gate_safe=Rest.CLOSED, gate_s=3.0)
READY = View(Signal.READY, "ready")
PAID = View(Signal.PASS, "paid", {"amount_fen": 200, "balance_fen": 9800})
REFUSED = View(Signal.REFUSE, "denied")
STOPPED = View(Signal.CLOSED, "out-of-service-sam")


class Hall:
    """A panel with fake pins, a clock that runs by itself, and a screen to read."""

    def __init__(self, pins=PINS, gpio=None, clock=None):
        self.clock = clock or ManualClock()
        self.gpio = gpio or FakeGpio(self.clock)
        self.text = io.StringIO()
        self.panel = Panel(self.gpio, pins, TextScreen(self.text, "en"), self.clock)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.panel.close()

    def open(self):
        return self.gpio.level(GATE) == 1


class Frozen(ManualClock):
    """Time stands still: what is due later never comes."""

    def wait(self, event, seconds):
        return event.wait(10)


def test_lights_and_gate_are_switched_when_show_returns():
    with Hall(clock=Frozen()) as hall:
        hall.panel.show(PAID)
        passed = {pin: hall.gpio.level(pin) for pin in (RED, GREEN, GATE)}
        hall.panel.show(REFUSED)
        refused = {pin: hall.gpio.level(pin) for pin in (RED, GREEN, GATE)}
    assert (passed, refused) == ({RED: 0, GREEN: 1, GATE: 1}, {RED: 1, GREEN: 0, GATE: 1})


def test_the_sound_ends_and_the_gate_closes_by_themselves():
    with Hall() as hall:
        hall.panel.show(PAID)
        assert hall.gpio.wait_for(lambda record: record[-1].pin == GATE and record[-1].level == 0)
        changes = [change for change in hall.gpio.record if change.time > 0]
    assert [(round(change.time, 3), change.pin, change.level) for change in changes] == [
        (0.1, BUZZER, 0),
        (3.0, GATE, 0),
    ] + [(3.0, GREEN, 0)] * any(change.pin == GREEN for change in changes)


@pytest.mark.parametrize("rest", list(Rest))
def test_every_output_is_at_rest_from_start_to_the_first_view_and_after_close(rest):
    hall = Hall(Pins(red=RED, gate=GATE, gate_safe=rest), clock=Frozen())
    at_start = list(hall.gpio.record)
    hall.panel.show(READY)
    hall.panel.show(PAID)
    hall.panel.show(REFUSED)
    hall.panel.close()
    hall.panel.close()
    assert [(change.pin, change.level) for change in at_start] == [(RED, 0), (GATE, 0)]
    assert [hall.gpio.level(pin) for pin in (RED, GATE)] == [0, 0]


@pytest.mark.parametrize("view", [None, READY, PAID, REFUSED, View(Signal.AGAIN, "tap-again"), STOPPED], ids=str)
def test_an_emergency_opens_the_gate_in_every_state_until_it_is_released(view):
    with Hall(clock=Frozen()) as hall:
        if view:
            hall.panel.show(view)
        hall.gpio.press(EMERGENCY)
        pressed = (hall.open(), hall.panel.emergency)
        for other in (READY, REFUSED, STOPPED, View(Signal.AGAIN, "tap-again")):
            hall.panel.show(other)
            assert hall.open()
        hall.gpio.release(EMERGENCY)
        assert (pressed, hall.open(), hall.panel.emergency) == ((True, True), view is PAID, False)


def test_an_emergency_that_lies_on_at_the_start_opens_the_gate():
    gpio = FakeGpio()
    gpio.press(EMERGENCY)
    with Hall(gpio=gpio, clock=Frozen()) as hall:
        hall.panel.show(READY)
        assert (hall.open(), hall.panel.emergency) == (True, True)


def test_the_screen_says_emergency_and_afterwards_what_was_shown_last():
    with Hall(clock=Frozen()) as hall:
        hall.panel.show(READY)
        hall.gpio.press(EMERGENCY)
        hall.panel.show(STOPPED)
        hall.gpio.release(EMERGENCY)
    assert hall.text.getvalue().splitlines() == [
        "○ Please tap your card",
        "✔ Emergency: gate is open",
        "  Please walk through",
        "■ Out of service",
        "  Secure module",
    ]


def test_observers_are_told_every_view():
    seen = []
    with Hall(clock=Frozen()) as hall:
        hall.panel.on_show(seen.append)
        hall.panel.show(READY)
        hall.panel.show(PAID)
    assert seen == [READY, PAID]


def test_a_panel_without_pins_has_a_screen_only():
    text = io.StringIO()
    with Panel(screen=TextScreen(text, "en")) as panel:
        panel.show(READY)
    assert text.getvalue() == "○ Please tap your card\n"


def test_a_screen_that_fails_stops_no_light_and_no_gate():
    class Broken(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    gpio = FakeGpio()
    with Panel(gpio, PINS, TextScreen(Broken()), Frozen()) as panel:
        panel.show(PAID)
        assert (gpio.level(GREEN), gpio.level(GATE)) == (1, 1)


def test_a_question_cannot_be_asked_without_keys():
    with Panel() as panel, pytest.raises(PanelError, match="has no keys"):
        panel.ask(READY)


class Failing(FakeGpio):
    """Pins of which some levels can be made to fail."""

    refused = ()

    def output(self, channel, value):
        if value in self.refused:
            raise RuntimeError("wire off")
        super().output(channel, value)


def test_a_light_that_cannot_be_switched_is_an_error_but_the_screen_still_tells():
    gpio = Failing()
    with Hall(gpio=gpio, clock=Frozen()) as hall:
        gpio.refused = (0, 1)
        with pytest.raises(PanelError, match="wire off"):
            hall.panel.show(PAID)
    assert hall.text.getvalue() == "✔ Paid 2.00 yuan\n  Balance 98.00 yuan\n"


class Counting(ManualClock):
    """Counts how often somebody waited."""

    def __init__(self):
        super().__init__()
        self.waits = threading.Semaphore(0)

    def wait(self, event, seconds):
        self.waits.release()
        return super().wait(event, seconds)


def test_a_gate_that_could_not_be_closed_is_tried_again_until_it_is():
    gpio, clock = Failing(), Counting()
    with Hall(Pins(gate=GATE, gate_safe=Rest.CLOSED), gpio, clock) as hall:
        gpio.refused = (0,)
        hall.panel.show(PAID)
        for _ in range(4):
            assert clock.waits.acquire(timeout=10)
        stuck = hall.open()
        gpio.refused = ()
        assert gpio.wait_for(lambda record: len(record) == 3)
    assert (stuck, [change.level for change in gpio.record]) == (True, [0, 1, 0, 0])


def test_an_emergency_whose_switching_fails_is_tried_again():
    gpio = Failing()
    with Hall(gpio=gpio) as hall:
        hall.panel.show(STOPPED)
        gpio.refused = (1,)
        hall.gpio.press(EMERGENCY)
        gpio.refused = ()
        assert gpio.wait_for(lambda record: any(change.pin == GATE and change.level for change in record))


def test_pins_that_cannot_be_watched_are_given_back():
    class Blind(FakeGpio):
        def add_event_detect(self, *_, **__):
            raise RuntimeError("no events")

    gpio = Blind()
    with pytest.raises(PanelError, match="no events"):
        Panel(gpio, PINS)
    with pytest.raises(RuntimeError, match="GPIO channel"):
        gpio.input(GATE)


def test_the_panel_of_a_configuration_is_wired_as_it_says():
    gpio, text = FakeGpio(), io.StringIO()
    wiring = PanelSection(green=GREEN, gate=GATE, emergency=EMERGENCY, gate_safe="closed", gate_s=60)
    terminal = TerminalSection(id="FZ-BUS-0001", role="bus", language="en")
    with open_panel(wiring, terminal, Frozen(), stream=text, gpio=gpio) as panel:
        panel.show(PAID)
        levels = [gpio.level(pin) for pin in (GREEN, GATE)]
    assert (levels, text.getvalue()) == ([1, 1], "✔ Paid 2.00 yuan\n  Balance 98.00 yuan\n")


def test_no_pins_are_touched_where_none_is_configured(capsys):
    terminal = TerminalSection(id="FZ-BUS-0001", role="bus")
    with open_panel(PanelSection(), terminal, Frozen()) as panel:
        panel.show(READY)
    assert capsys.readouterr().out == "○ 请刷卡\n"


def test_configured_pins_that_cannot_be_had_are_a_panel_error(monkeypatch):
    monkeypatch.setattr(opening, "open_gpio", no_pins)
    with pytest.raises(PanelError, match="no pins here"):
        open_panel(PanelSection(red=RED), TerminalSection(id="T", role="bus"), Frozen())


def no_pins():
    raise PanelError("no pins here")


def test_show_returns_at_once_even_on_a_stalled_screen():
    free = threading.Event()

    class Stalled:
        def show(self, view):
            assert free.wait(10)

    panel = Panel(FakeGpio(), PINS, Stalled())
    started = time.monotonic()
    for _ in range(20):
        panel.show(READY)
    took = time.monotonic() - started
    free.set()
    panel.close()
    assert took < 1.0
