import os
import subprocess
import sys

import pytest

from firmware.errors import PanelError
from firmware.panel import gpio as module
from firmware.panel.fake_gpio import Change, FakeGpio
from firmware.panel.gpio import Lines, open_gpio

RELAY, CONTACT = 23, 24

#: Prints the parts of our fake in which the real module differs; the module believes that it runs on a Pi 4 B.
COMPARISON = """
import inspect
import RPi.GPIO as real
from firmware.panel.fake_gpio import FakeGpio
from firmware.panel.gpio import Gpio

def shape(function):
    parameters = [p for p in inspect.signature(function).parameters.values() if p.name != "self"]
    return [(p.name, p.kind, p.default) for p in parameters]

functions = [name for name, member in vars(Gpio).items() if inspect.isfunction(member) and not name.startswith("_")]
assert sorted(functions) == sorted(
    ["setmode", "setwarnings", "setup", "output", "input", "add_event_detect", "remove_event_detect", "cleanup"])
print([name for name in functions if shape(getattr(real, name)) != shape(getattr(FakeGpio, name))])
print([name for name in Gpio.__annotations__ if getattr(real, name) != getattr(FakeGpio, name)])
"""


#: Opens the pins with our driver, on a machine that has none.
OPENING = """
from firmware.errors import PanelError
from firmware.panel.gpio import Lines, open_gpio
try:
    Lines(open_gpio(), (), {})
except PanelError as error:
    print(error)
"""


def run_as_on_a_pi(script, directory, **environment):
    path = os.pathsep.join(filter(None, sys.path))
    environment = os.environ | {"RPI_LGPIO_REVISION": "c03115", "PYTHONPATH": path} | environment
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    return result.stdout, result.stderr


def test_the_fake_has_the_names_defaults_and_constants_of_the_real_module(tmp_path):
    assert run_as_on_a_pi(COMPARISON, tmp_path) == ("[]\n[]\n", "")


def test_our_driver_meets_the_real_module_and_leaves_nothing_where_it_runs(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "tmp").mkdir()
    said = run_as_on_a_pi(OPENING, tmp_path / "run", TMPDIR=str(tmp_path / "tmp"))
    assert said == ("the pins do not work: 'can not open gpiochip'\n", "")
    assert list((tmp_path / "run").iterdir()) == []


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (ImportError("No module named 'RPi'"), "no RPi.GPIO is installed"),
        (RuntimeError("This module can only be run on a Raspberry Pi!"), "the pins of this machine cannot be used"),
    ],
)
def test_a_machine_without_pins_is_a_panel_error(monkeypatch, raised, message):
    def refuse(name):
        raise raised

    monkeypatch.setattr(module, "import_module", refuse)
    with pytest.raises(PanelError, match=message):
        open_gpio()


def test_outputs_start_low_and_are_low_when_they_are_given_back():
    gpio = FakeGpio()
    lines = Lines(gpio, (RELAY,), {})
    lines.write(RELAY, high=True)
    lines.close()
    lines.close()
    lines.write(RELAY, high=True)
    assert [(change.pin, change.level) for change in gpio.record] == [(RELAY, 0), (RELAY, 1), (RELAY, 0)]


def test_an_input_is_told_at_the_start_and_at_every_change():
    gpio, told = FakeGpio(), []
    lines = Lines(gpio, (), {CONTACT: told.append})
    lines.watch()
    gpio.press(CONTACT)
    gpio.release(CONTACT)
    lines.close()
    gpio.press(CONTACT)
    assert told == [False, True, False]


def test_an_input_that_cannot_be_read_counts_as_a_cut_wire():
    class Unreadable(FakeGpio):
        def input(self, channel):
            raise OSError("gone")

    told = []
    Lines(Unreadable(), (), {CONTACT: told.append}).watch()
    assert told == [True]


class LibraryError(Exception):
    """As lgpio.error: derived from nothing else."""


@pytest.mark.parametrize("part", ["setmode", "setup", "output", "add_event_detect"])
def test_whatever_the_package_raises_is_a_panel_error(part):
    def fail(*_, **__):
        raise LibraryError("can not open gpiochip")

    gpio = FakeGpio()
    setattr(gpio, part, fail)
    with pytest.raises(PanelError, match="the pins do not work: can not open gpiochip"):
        use(gpio)


def use(gpio):
    lines = Lines(gpio, (RELAY,), {CONTACT: lambda high: None})
    lines.watch()
    lines.write(RELAY, high=True)


def test_closing_never_raises():
    gpio = FakeGpio()
    lines = Lines(gpio, (RELAY,), {})
    gpio.output = gpio.cleanup = None
    lines.close()


def test_the_fake_records_what_happened_and_refuses_what_the_real_one_refuses():
    gpio = FakeGpio()
    with pytest.raises(RuntimeError, match="set mode"):
        gpio.setup(RELAY, gpio.OUT)
    with pytest.raises(ValueError, match="BCM"):
        gpio.setmode(10)
    gpio.setmode(gpio.BCM)
    for misuse in (
        lambda: gpio.output(RELAY, 1),
        lambda: gpio.input(RELAY),
        lambda: gpio.add_event_detect(RELAY, gpio.BOTH),
    ):
        with pytest.raises(RuntimeError, match="GPIO channel"):
            misuse()
    with pytest.raises(ValueError, match="initial"):
        gpio.setup(CONTACT, gpio.IN, initial=0)
    with pytest.raises(ValueError, match="pull_up_down"):
        gpio.setup(RELAY, gpio.OUT, pull_up_down=gpio.PUD_UP)
    gpio.setup(RELAY, gpio.OUT, initial=1)
    gpio.cleanup()
    assert [(change.pin, change.level) for change in gpio.record] == [(RELAY, 1)]
    assert isinstance(gpio.record[0], Change)
