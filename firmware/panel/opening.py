"""Builds the panel that a configuration describes, without knowing the configuration's types."""

import sys
from typing import Literal, Protocol, TextIO

from firmware.clock import Clock
from firmware.panel.gpio import Gpio, open_gpio
from firmware.panel.panel import Panel
from firmware.panel.screen import TextScreen
from firmware.panel.texts import Language
from firmware.panel.wiring import Pins, Rest


class WiringSettings(Protocol):
    """How the panel is wired: BCM numbers, None for what it does not have, and the gate."""

    @property
    def red(self) -> int | None:
        """Red light."""
        ...

    @property
    def green(self) -> int | None:
        """Green light."""
        ...

    @property
    def buzzer(self) -> int | None:
        """Buzzer."""
        ...

    @property
    def gate(self) -> int | None:
        """Gate relay."""
        ...

    @property
    def emergency(self) -> int | None:
        """Emergency contact."""
        ...

    @property
    def gate_safe(self) -> Literal["open", "closed"]:
        """Where the gate stands while its relay is at rest."""
        ...

    @property
    def gate_s(self) -> float:
        """Seconds for which a pass opens the gate."""
        ...


class ScreenSettings(Protocol):
    """What the screen must know of the terminal."""

    @property
    def language(self) -> Language:
        """Language of the texts."""
        ...


def open_panel(
    wiring: WiringSettings,
    terminal: ScreenSettings,
    clock: Clock,
    *,
    stream: TextIO | None = None,
    gpio: Gpio | None = None,
) -> Panel:
    """The panel of this terminal; its screen writes to the stream (standard output).

    The pins are the machine's own unless `gpio` gives others, and untouched where none is configured. Raises
    PanelError when pins are configured and cannot be had.
    """
    pins = pins_of(wiring)
    if pins.in_use():
        gpio = gpio or open_gpio()
    return Panel(gpio, pins, TextScreen(stream or sys.stdout, terminal.language), clock)


def pins_of(wiring: WiringSettings) -> Pins:
    """The wiring of the settings."""
    return Pins(
        red=wiring.red,
        green=wiring.green,
        buzzer=wiring.buzzer,
        gate=wiring.gate,
        emergency=wiring.emergency,
        gate_safe=Rest(wiring.gate_safe),
        gate_s=wiring.gate_s,
    )
