"""Logging as an instrument: an event name and key=value fields, five levels with fixed meaning, a thread of its own.

| level   | means                                        |
|---------|----------------------------------------------|
| error   | somebody must come                           |
| warning | something went wrong and recovered by itself |
| info    | life-cycle, and one line per transaction     |
| debug   | flow                                         |
| traffic | raw bytes; refused in production             |

Bytes are printed at the traffic level only; masked types print their mask at every level.
"""

import logging
import logging.handlers
import queue
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import Enum
from pathlib import PurePath
from typing import TextIO

from firmware.masks import Masked

TRAFFIC = 5
#: Lines that may wait for a slow console before new ones are dropped: logging never stops a tap.
BACKLOG = 10_000
LEVELS = {
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
    "traffic": TRAFFIC,
}
logging.addLevelName(TRAFFIC, "TRAFFIC")

Field = str | int | float | bool | bytes | Enum | Masked | datetime | PurePath | BaseException | None


class Instrument:
    """One module's log."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def error(self, event: str, **fields: Field) -> None:
        """Somebody must come."""
        self._write(logging.ERROR, event, fields)

    def warning(self, event: str, **fields: Field) -> None:
        """It went wrong and recovered."""
        self._write(logging.WARNING, event, fields)

    def info(self, event: str, **fields: Field) -> None:
        """Life-cycle, or the one line of a transaction."""
        self._write(logging.INFO, event, fields)

    def debug(self, event: str, **fields: Field) -> None:
        """Flow."""
        self._write(logging.DEBUG, event, fields)

    def traffic(self, event: str, **fields: Field) -> None:
        """Raw bytes."""
        self._write(TRAFFIC, event, fields)

    def failure(self, event: str, error: BaseException, **fields: Field) -> None:
        """An error with its traceback, at the top of a thread."""
        self._logger.error("%s", Line(event, fields, logging.ERROR), exc_info=error)

    def _write(self, level: int, event: str, fields: dict[str, Field]) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, "%s", Line(event, fields, level))


class Line:
    """An event and its fields, rendered when somebody reads it."""

    __slots__ = ("event", "fields", "level")

    def __init__(self, event: str, fields: dict[str, Field], level: int) -> None:
        self.event = event
        self.fields = fields
        self.level = level

    def __str__(self) -> str:
        return " ".join([self.event, *(f"{key}={render(value, self.level)}" for key, value in self.fields.items())])


def render(value: Field, level: int = logging.INFO) -> str:
    """One field's value; text with blanks is quoted, bytes appear at the traffic level only."""
    if isinstance(value, bytes):
        return value.hex().upper() if level <= TRAFFIC else f"[{len(value)} bytes]"
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    text = str(value)
    return repr(text) if " " in text or "\n" in text or not text else text


def instrument(name: str) -> Instrument:
    """The log of a module: `log = instrument(__name__)`."""
    return Instrument(name)


@contextmanager
def running(level: str, stream: TextIO | None = None, *, journald: bool = False) -> Iterator[None]:
    """Log at the named level (a key of LEVELS) to the stream, from a thread of its own, until the context ends."""
    lines: queue.Queue[logging.LogRecord] = queue.Queue(BACKLOG)
    output = logging.StreamHandler(stream or sys.stderr)
    output.setFormatter(_JournaldFormatter() if journald else _ConsoleFormatter())
    listener = _StoppableListener(lines, output)
    entry = _DroppingHandler(lines)
    root = logging.getLogger()
    root.addHandler(entry)
    for name in ("firmware", "provisioning", "simulator"):
        logging.getLogger(name).setLevel(LEVELS[level])
    for name in ("nfc", "nfc.clf"):  # nfcpy says at each opening what we say ourselves
        logging.getLogger(name).setLevel(logging.WARNING)
    listener.start()
    try:
        yield
    finally:
        root.removeHandler(entry)
        listener.stop()


class _DroppingHandler(logging.handlers.QueueHandler):
    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            super().enqueue(record)
        except queue.Full:
            return

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record


class _StoppableListener(logging.handlers.QueueListener):
    def __init__(self, lines: "queue.Queue[logging.LogRecord]", output: logging.Handler) -> None:
        super().__init__(lines, output)
        self._lines = lines

    def enqueue_sentinel(self) -> None:
        """A full queue makes room for the end: losing a line is better than never stopping."""
        while True:
            try:
                super().enqueue_sentinel()
            except queue.Full:
                with suppress(queue.Empty):
                    self._lines.get_nowait()
            else:
                return


class _ConsoleFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s %(message)s")


class _JournaldFormatter(logging.Formatter):
    """`<N>` prefixes that journald reads as priorities."""

    PRIORITIES = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (0, 7))

    def format(self, record: logging.LogRecord) -> str:
        priority = next(number for floor, number in self.PRIORITIES if record.levelno >= floor)
        return "\n".join(f"<{priority}>{line}" for line in super().format(record).splitlines())
