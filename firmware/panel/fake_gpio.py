"""Pins that exist in memory only: the part of RPi.GPIO that we use, for tests, the live view and machines without pins.

It keeps what happened (`record`: time, pin, level), and a test presses what a person would press. Misuse that the real
packages refuse is refused here too. An emergency contact is normally closed to ground, so an untouched input is low.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from firmware.clock import Clock, SystemClock


@dataclass(frozen=True, slots=True)
class Change:
    """A pin took a level at a moment of the monotonic clock."""

    time: float
    pin: int
    level: int


class FakeGpio:
    """A first-class fake of the RPi.GPIO module; parameters are named as in rpi-lgpio."""

    BCM, OUT, IN, LOW, HIGH = 11, 0, 1, 0, 1
    PUD_OFF, PUD_UP, BOTH = 20, 22, 33

    def __init__(self, clock: Clock | None = None) -> None:
        self.record: list[Change] = []
        self._clock = clock or SystemClock()
        self._changed = threading.Condition()
        self._mode: int | None = None
        self._directions: dict[int, int] = {}
        self._levels: dict[int, int] = {}
        self._callbacks: dict[int, list[Callable[[int], None]]] = {}

    def setmode(self, new_mode: int) -> None:
        if new_mode != self.BCM:
            raise ValueError("only BCM numbers are known here")
        self._mode = new_mode

    def setwarnings(self, value: bool) -> None:  # noqa: FBT001 - the API's own signature
        """There are no warnings here."""

    def setup(self, chanlist: int, direction: int, pull_up_down: int = PUD_OFF, initial: int | None = None) -> None:
        if self._mode is None:
            raise RuntimeError("Please set mode using GPIO.setmode(GPIO.BOARD) or GPIO.setmode(GPIO.BCM)")
        if direction == self.IN and initial is not None:
            raise ValueError("initial parameter is not valid for inputs")
        if direction == self.OUT and pull_up_down != self.PUD_OFF:
            raise ValueError("pull_up_down parameter is not valid for outputs")
        self._directions[chanlist] = direction
        if initial is not None:
            self._take(chanlist, initial)

    def output(self, channel: int, value: int) -> None:
        if self._directions.get(channel) != self.OUT:
            raise RuntimeError("The GPIO channel has not been set up as an OUTPUT")
        self._take(channel, value)

    def input(self, channel: int) -> int:
        if channel not in self._directions:
            raise RuntimeError("You must setup() the GPIO channel first")
        return self.level(channel)

    def add_event_detect(
        self,
        channel: int,
        edge: int,
        callback: Callable[[int], None] | None = None,
        bouncetime: int | None = None,
    ) -> None:
        del edge, bouncetime  # every change is told, as with BOTH and no debounce
        if self._directions.get(channel) != self.IN:
            raise RuntimeError("You must setup() the GPIO channel as an input first")
        if callback is not None:
            self._callbacks.setdefault(channel, []).append(callback)

    def remove_event_detect(self, channel: int) -> None:
        self._callbacks.pop(channel, None)

    def cleanup(self, chanlist: list[int] | None = None) -> None:
        for pin in list(self._directions) if chanlist is None else chanlist:
            self._directions.pop(pin, None)
            self._callbacks.pop(pin, None)

    def press(self, pin: int) -> None:
        """Open a contact that is normally closed to ground: its pull-up makes the input high."""
        self._touch(pin, self.HIGH)

    def release(self, pin: int) -> None:
        """Let the contact close again."""
        self._touch(pin, self.LOW)

    def level(self, pin: int) -> int:
        """The level of a pin, set up or not."""
        with self._changed:
            return self._levels.get(pin, self.LOW)

    def wait_for(self, found: Callable[[list[Change]], bool], seconds: float = 5.0) -> bool:
        """Wait until the record fulfils a condition; False when it does not within that time."""
        with self._changed:
            return self._changed.wait_for(lambda: found(self.record), seconds)

    def _touch(self, pin: int, level: int) -> None:
        self._take(pin, level)
        for callback in list(self._callbacks.get(pin, ())):
            callback(pin)

    def _take(self, pin: int, level: int) -> None:
        with self._changed:
            self._levels[pin] = level
            self.record.append(Change(self._clock.monotonic(), pin, level))
            self._changed.notify_all()
