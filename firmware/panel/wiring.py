"""Which pin does what, and when: the rules of lights, buzzer and gate without a thread.

    gate position   open while the emergency contact says so, or until the time of the last pass is over
    lights, buzzer  follow the last view; during an emergency they are those of a pass

The relay at rest (pin low, power off, process gone) is the safe position; `gate_safe` says which one that is.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate

from firmware.card.exchange import Signal

#: Writes a level to a pin.
Write = Callable[[int, bool], None]


class Rest(Enum):
    """Where the gate stands while its relay is at rest."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Pins:
    """How the panel is wired: BCM numbers, None for what it does not have."""

    red: int | None = None
    green: int | None = None
    buzzer: int | None = None
    gate: int | None = None
    emergency: int | None = None
    gate_safe: Rest = Rest.OPEN
    gate_s: float = 3.0

    def outputs(self) -> tuple[int, ...]:
        """The pins that are switched."""
        return tuple(pin for pin in (self.red, self.green, self.buzzer, self.gate) if pin is not None)

    def in_use(self) -> bool:
        """Whether anything is wired at all."""
        return bool(self.outputs()) or self.emergency is not None


@dataclass(frozen=True, slots=True)
class Course:
    """How one light or sound goes on: its first level, and the seconds that each level but the last one lasts."""

    first: bool
    lasts: tuple[float, ...] = ()

    def turns(self, since: float) -> list[float]:
        """The moments at which the level changes."""
        return list(accumulate(self.lasts, initial=since))[1:]

    def level(self, since: float, now: float) -> bool:
        """The level at a moment."""
        return self.first != bool(sum(turn <= now for turn in self.turns(since)) % 2)


ON, OFF = Course(first=True), Course(first=False)


@dataclass(frozen=True, slots=True)
class Pattern:
    """What the lights and the buzzer do for a signal."""

    green: Course = OFF
    red: Course = OFF
    buzzer: Course = OFF


def sounds(count: int) -> Course:
    """So many short sounds."""
    return Course(first=True, lasts=(0.1,) * (2 * count - 1))


#: One sound for a pass, three for a refusal, two for another try: told apart without looking.
PATTERNS: Mapping[Signal, Pattern] = {
    Signal.READY: Pattern(),
    Signal.PASS: Pattern(green=ON, buzzer=sounds(1)),
    Signal.REFUSE: Pattern(red=ON, buzzer=sounds(3)),
    Signal.AGAIN: Pattern(red=Course(first=True, lasts=(0.25,) * 8), buzzer=sounds(2)),
    Signal.CLOSED: Pattern(red=ON),
}
EMERGENCY = Pattern(green=ON)


class Wiring:
    """Keeps the pins as they must be. Call `step` at the moment that the last call gave. Not thread-safe."""

    def __init__(self, pins: Pins, write: Write) -> None:
        self._pins = pins
        self._write = write
        self._levels: dict[int, bool] = {}
        self._pattern: Pattern | None = None
        self._since = 0.0
        self._open_until = -math.inf
        self._emergency = False

    def show(self, signal: Signal, now: float) -> float | None:
        """Follow a signal from now on; the result is that of `step`."""
        self._pattern, self._since = PATTERNS[signal], now
        if signal is Signal.PASS:
            self._open_until = now + self._pins.gate_s
        return self.step(now)

    def emergency(self, now: float, *, pressed: bool) -> float | None:
        """Follow the emergency contact; the result is that of `step`."""
        self._emergency = pressed
        self._pattern = self._pattern or PATTERNS[Signal.CLOSED]
        return self.step(now)

    def step(self, now: float) -> float | None:
        """Bring every pin to where it must be now; when to call again, or None when nothing will change by itself.

        Before the first signal the pins stay at rest.
        """
        if self._pattern is None:
            return None
        # The gate first: whatever fails after it, nobody is locked in.
        self._set(self._pins.gate, self._gate_level(now))
        lamps = self._lamps(EMERGENCY if self._emergency else self._pattern)
        for pin, course in lamps:
            self._set(pin, course.level(self._since, now))
        return min((moment for moment in self._moments(lamps) if moment > now), default=None)

    def _gate_level(self, now: float) -> bool:
        is_open = self._emergency or now < self._open_until
        return is_open != (self._pins.gate_safe is Rest.OPEN)

    def _lamps(self, pattern: Pattern) -> list[tuple[int, Course]]:
        wired = ((self._pins.green, pattern.green), (self._pins.red, pattern.red), (self._pins.buzzer, pattern.buzzer))
        return [(pin, course) for pin, course in wired if pin is not None]

    def _set(self, pin: int | None, level: bool) -> None:  # noqa: FBT001 - a level
        if pin is not None and self._levels.get(pin) != level:
            self._write(pin, level)
            self._levels[pin] = level

    def _moments(self, lamps: list[tuple[int, Course]]) -> Iterator[float]:
        if self._pins.gate is not None:
            yield self._open_until
        for _, course in lamps:
            yield from course.turns(self._since)
