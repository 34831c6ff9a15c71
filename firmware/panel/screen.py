"""A screen of text: a sign for the signal, then the lines of the message. It may be slow or gone; taps go on."""

import queue
import threading
from collections.abc import Mapping
from typing import Protocol, TextIO

from firmware import logs
from firmware.card.exchange import Signal, View
from firmware.errors import RongtongError
from firmware.panel.texts import Language, say

log = logs.instrument(__name__)

#: The sign that begins the first line: told apart without colours.
SIGNS: Mapping[Signal, str] = {
    Signal.READY: "○",
    Signal.PASS: "✔",
    Signal.REFUSE: "✘",
    Signal.AGAIN: "↻",
    Signal.CLOSED: "■",
}
#: Views that may wait for a slow screen before new ones are dropped.
BACKLOG = 64
#: How long closing waits for a screen to take its last lines.
LAST_LINES_SECONDS = 1.0


class Screen(Protocol):
    """Whatever can show a view; `show` may take its time, and raise OSError, ValueError or RongtongError."""

    def show(self, view: View) -> None:
        """Show a view."""
        ...


class TextScreen:
    """Writes views to a text stream, one block of lines each."""

    def __init__(self, stream: TextIO, language: Language = "zh-CN") -> None:
        self._stream = stream
        self._language = language

    def lines(self, view: View) -> list[str]:
        """The lines of a view. Raises InternalError for a message without a text or a text without its values."""
        first, *more = say(self._language, view.message, view.values).splitlines()
        return [f"{SIGNS[view.signal]} {first}", *(f"  {line}" for line in more)]

    def show(self, view: View) -> None:
        self._stream.write("".join(f"{line}\n" for line in self.lines(view)))
        self._stream.flush()


class Painter:
    """Feeds a screen from a thread of its own, so that neither a broken nor a stalled screen stops a tap."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._views: queue.Queue[View | None] = queue.Queue(BACKLOG)
        # A thread that hangs in a write to a stalled console must not keep the process alive.
        self._thread = threading.Thread(target=self._paint, name="screen", daemon=True)
        self._thread.start()

    def show(self, view: View) -> None:
        """Hand a view over; dropped when the screen is that far behind."""
        try:
            self._views.put_nowait(view)
        except queue.Full:
            log.warning("screen-behind", message=view.message)

    def close(self) -> None:
        """Let the screen take its last lines, for a moment; never raises, may be called twice."""
        try:
            self._views.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(LAST_LINES_SECONDS)

    def _paint(self) -> None:
        while (view := self._views.get()) is not None:
            try:
                self._screen.show(view)
            except (OSError, ValueError, RongtongError) as error:  # ValueError: closed stream, letters it cannot write
                log.warning("screen-failed", message=view.message, error=error)
