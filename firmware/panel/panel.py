"""The panel: lights, buzzer and gate at once and in time, a screen behind them, and an emergency contact before all.

`show` switches the lights and the gate before it returns. Sounds, blinking and the closing of the gate happen on the
panel's own thread; the screen has a thread of its own, because it may stall.
"""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import NoReturn, Self

from firmware import logs
from firmware.card.exchange import Signal, View
from firmware.clock import Clock, SystemClock
from firmware.errors import PanelError
from firmware.panel.gpio import Gpio, Lines
from firmware.panel.screen import Painter, Screen
from firmware.panel.wiring import Pins, Wiring

log = logs.instrument(__name__)

Observer = Callable[[View], None]
#: What the screen says while the emergency contact holds the gate open.
EMERGENCY = View(Signal.PASS, "emergency")
#: A pin that could not be switched is tried again after so many seconds: a gate must not stay as it is for ever.
RETRY_SECONDS = 1.0
#: How long closing waits for the panel's thread.
STOP_SECONDS = 5.0


class Panel:
    """What a person sees, hears and passes. Outputs are at rest, the safe position, until the first view and at close.

    `gpio` None: a machine without pins, which has a screen only. Raises PanelError when the pins cannot be had.
    """

    def __init__(
        self,
        gpio: Gpio | None = None,
        pins: Pins | None = None,
        screen: Screen | None = None,
        clock: Clock | None = None,
    ) -> None:
        wired = (pins or Pins()) if gpio else Pins()
        self._clock = clock or SystemClock()
        self._observers: list[Observer] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._view: View | None = None
        self._emergency = False
        self._closed = False
        inputs = {} if wired.emergency is None else {wired.emergency: self._emergency_is}
        self._lines = Lines(gpio, wired.outputs(), inputs) if gpio else None
        self._wiring = Wiring(wired, self._write)
        self._painter = Painter(screen) if screen else None
        self._thread = threading.Thread(target=self._keep_time, name="panel", daemon=True)
        self._thread.start()
        self._watch()

    @property
    def emergency(self) -> bool:
        """Whether the emergency contact holds the gate open."""
        return self._emergency

    def on_show(self, observer: Observer) -> None:
        """Tell an observer every view that is shown, on the thread that shows it; it must neither raise nor wait."""
        self._observers.append(observer)

    def show(self, view: View) -> None:
        """Show a view; returns at once. During an emergency the view waits for its end.

        Raises PanelError when a light or the gate cannot be switched; a screen that fails is logged.
        """
        try:
            with self._lock:
                self._view = view
                self._wiring.show(view.signal, self._clock.monotonic())
        finally:  # a light that fails must not keep the person from reading
            self._wake.set()
            if not self._emergency:
                self._paint(view)
            for observer in self._observers:
                observer(view)

    def ask(self, question: View) -> NoReturn:
        """Raises PanelError: there are no keys on this panel."""
        raise PanelError(f"the question {question.message!r} cannot be asked: this panel has no keys")

    def close(self) -> None:
        """Put the gate in its safe position and let go of everything; never raises, may be called twice."""
        with self._lock:
            self._closed = True
        self._wake.set()
        self._thread.join(STOP_SECONDS)
        # Outside the lock: the package waits for a callback that may be waiting for the lock.
        if self._lines:
            self._lines.close()
        if self._painter:
            self._painter.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _watch(self) -> None:
        try:
            if self._lines:
                self._lines.watch()
        except PanelError:
            self.close()
            raise

    def _emergency_is(self, pressed: bool) -> None:  # noqa: FBT001 - the level of an input
        """On the package's thread: must not raise."""
        with self._lock:
            if pressed == self._emergency:
                return
            self._emergency = pressed
            view = EMERGENCY if pressed else self._view
            try:
                self._wiring.emergency(self._clock.monotonic(), pressed=pressed)
            except PanelError as error:  # the panel's thread tries again
                log.error("emergency-not-switched", error=error)
        self._wake.set()
        log.warning("emergency", pressed=pressed)
        if view:
            self._paint(view)

    def _keep_time(self) -> None:
        while True:
            self._wake.clear()
            with self._lock:
                if self._closed:
                    return
                now = self._clock.monotonic()
                due = self._step(now)
            if due is None:
                self._wake.wait()
            else:
                self._clock.wait(self._wake, due - now)

    def _step(self, now: float) -> float | None:
        try:
            return self._wiring.step(now)
        except PanelError as error:
            log.error("panel-not-switched", error=error)
            return now + RETRY_SECONDS

    def _write(self, pin: int, high: bool) -> None:  # noqa: FBT001 - a level
        if self._lines:
            self._lines.write(pin, high=high)

    def _paint(self, view: View) -> None:
        if self._painter:
            self._painter.show(view)
