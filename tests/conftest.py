"""What holds in every test: each log line of ours can be rendered, at every level, and carries only printable types."""

import logging
import re
from typing import get_args

import pytest

from firmware import logs

OURS = ("firmware", "provisioning", "simulator")
EVENT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


class _Inspector(logging.Handler):
    """Renders every line that our packages write and remembers those that cannot be."""

    def __init__(self) -> None:
        super().__init__(logs.TRAFFIC)
        self.problems: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.split(".")[0] in OURS:
            try:
                self._inspect(record)
            except Exception as error:  # noqa: BLE001 - whatever rendering raises is what we look for
                self.problems.append(f"{record.pathname}:{record.lineno}: {error!r}")

    def _inspect(self, record: logging.LogRecord) -> None:
        record.getMessage()
        line = record.args[0] if isinstance(record.args, tuple) and record.args else None
        if not isinstance(line, logs.Line):
            raise TypeError(f"{record.msg!r} was not logged through firmware.logs")
        if not EVENT.match(line.event):
            raise ValueError(f"{line.event!r} is no event name")
        for key, value in line.fields.items():
            if not isinstance(value, get_args(logs.Field)):
                raise TypeError(f"{line.event}: {key} is a {type(value).__name__}, which no log may hold")


@pytest.fixture(autouse=True)
def log_lines_are_sound(monkeypatch):
    """A log call with a wrong format or a type that must not be printed fails the test that made it."""
    inspector = _Inspector()
    root = logging.getLogger()
    root.addHandler(inspector)
    for name in OURS:
        monkeypatch.setattr(logging.getLogger(name), "level", logs.TRAFFIC)
        logging.getLogger(name).setLevel(logs.TRAFFIC)  # also forgets what loggers remember of their level
    yield
    root.removeHandler(inspector)
    assert not inspector.problems
