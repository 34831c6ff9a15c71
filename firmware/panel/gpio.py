"""The pins of the Raspberry Pi through the RPi.GPIO API: the only file that imports it.

The same import name is provided by rpi-lgpio (every model) and by the original RPi.GPIO (up to the Pi 4). `Gpio` is the
part of that API that we use; `Lines` is our driver over it, which translates whatever the packages raise.
"""

import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Protocol, cast

from firmware import logs
from firmware.errors import PanelError

log = logs.instrument(__name__)


class Gpio(Protocol):
    """What we use of the RPi.GPIO module, with its own names and parameters."""

    BCM: int
    IN: int
    OUT: int
    LOW: int
    HIGH: int
    PUD_OFF: int
    PUD_UP: int
    BOTH: int

    def setmode(self, new_mode: int) -> None:
        """Choose how pins are numbered."""
        ...

    def setwarnings(self, value: bool) -> None:  # noqa: FBT001 - the API's own signature
        """Silence warnings about pins that an earlier process left set."""
        ...

    def setup(self, chanlist: int, direction: int, pull_up_down: int = ..., initial: int | None = None) -> None:
        """Make a pin an input or an output."""
        ...

    def output(self, channel: int, value: int) -> None:
        """Set the level of an output."""
        ...

    def input(self, channel: int) -> int:
        """Read the level of a pin."""
        ...

    def add_event_detect(
        self,
        channel: int,
        edge: int,
        callback: Callable[[int], None] | None = None,
        bouncetime: int | None = None,
    ) -> None:
        """Call back, on a thread of the package, whenever an input changes."""
        ...

    def remove_event_detect(self, channel: int) -> None:
        """Call back no more."""
        ...

    def cleanup(self, chanlist: list[int] | None = None) -> None:
        """Give pins back: they become inputs."""
        ...


def open_gpio() -> Gpio:
    """The machine's RPi.GPIO module. Raises PanelError where it is not installed or this is no Raspberry Pi."""
    # lgpio makes a pipe in this directory when it is imported; without it, in whatever directory the process runs in.
    os.environ.setdefault("LG_WD", tempfile.gettempdir())
    try:
        return cast(Gpio, import_module("RPi.GPIO"))
    except ImportError as error:
        raise PanelError("no RPi.GPIO is installed; install the extra `pi` (or `pi-legacy` up to the Pi 4)") from error
    except RuntimeError as error:
        raise PanelError(f"the pins of this machine cannot be used: {error}") from error


class Lines:
    """Outputs that start at low, and inputs with a pull-up, of one process.

    Every method raises PanelError when the package fails; `close` never raises and may be called twice.
    """

    def __init__(self, gpio: Gpio, outputs: tuple[int, ...], inputs: Mapping[int, Callable[[bool], None]]) -> None:
        self._gpio = gpio
        self._inputs = inputs
        self._claimed: list[int] = []
        self._open = True
        self._reporting = threading.Lock()
        try:
            with _translated():
                gpio.setwarnings(value=False)
                gpio.setmode(gpio.BCM)
            for pin in outputs:
                self._claim(pin, gpio.OUT, gpio.PUD_OFF, gpio.LOW)
            for pin in inputs:
                self._claim(pin, gpio.IN, gpio.PUD_UP, None)
        except PanelError:
            self.close()
            raise

    def watch(self) -> None:
        """Report the level of every input now, and from now on whenever it changes."""
        for pin in self._inputs:
            with _translated():
                self._gpio.add_event_detect(pin, self._gpio.BOTH, callback=self._report)
            self._report(pin)

    def write(self, pin: int, *, high: bool) -> None:
        """Set an output; an output that was given back stays as it is."""
        if self._open:
            with _translated():
                self._gpio.output(pin, self._gpio.HIGH if high else self._gpio.LOW)

    def close(self) -> None:
        """Give every pin back. An input has no level of its own: the relay falls to rest."""
        if not self._open:
            return
        self._open = False
        for pin in self._claimed:
            with _forgiven():
                if pin in self._inputs:
                    self._gpio.remove_event_detect(pin)
                else:
                    self._gpio.output(pin, self._gpio.LOW)
        if self._claimed:
            with _forgiven():
                self._gpio.cleanup(self._claimed)

    def _claim(self, pin: int, direction: int, pull: int, initial: int | None) -> None:
        with _translated():
            self._gpio.setup(pin, direction, pull_up_down=pull, initial=initial)
        self._claimed.append(pin)

    def _report(self, pin: int) -> None:
        """The level is read anew: a contact bounces, and the last change tells how it came to rest.

        Reading and telling are one step, or an older level could be told last. Called on the package's own thread, so
        it never raises: an input that cannot be read counts as high, which is a cut wire too.
        """
        with self._reporting:
            try:
                with _translated():
                    high = self._gpio.input(pin) == self._gpio.HIGH
            except PanelError as error:
                log.error("input-unreadable", pin=pin, error=error)
                high = True
            self._inputs[pin](high)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # lgpio.error derives from Exception alone, and RPi.GPIO raises four other classes
        raise PanelError(f"the pins do not work: {error}") from error


@contextmanager
def _forgiven() -> Iterator[None]:
    try:
        with _translated():
            yield
    except PanelError:
        return
