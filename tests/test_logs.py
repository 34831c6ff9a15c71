import io
import threading
from datetime import datetime
from pathlib import PurePosixPath

import pytest

from firmware import logs
from firmware.card.exchange import Signal
from firmware.clock import CHINA
from firmware.masks import CardNumber

log = logs.instrument("firmware.under.test")


def written(level, *, journald=False):
    stream = io.StringIO()
    with logs.running(level, stream, journald=journald):
        log.error("somebody-must-come")
        log.warning("it-recovered")
        log.info("tap", ms=12)
        log.debug("flow")
        log.traffic("card", apdu=b"\x00\xa4")
    return stream.getvalue().splitlines()


@pytest.mark.parametrize(("level", "count"), [("error", 1), ("warning", 2), ("info", 3), ("debug", 4), ("traffic", 5)])
def test_a_level_shows_itself_and_everything_more_important(level, count):
    events = [line.split(" firmware.under.test ")[1] for line in written(level)]
    assert events == ["somebody-must-come", "it-recovered", "tap ms=12", "flow", "card apdu=00A4"][:count]


def test_journald_reads_the_level_as_a_priority():
    assert [line[:3] for line in written("traffic", journald=True)] == ["<3>", "<4>", "<6>", "<7>", "<7>"]


@pytest.mark.parametrize("write", [log.error, log.warning, log.info, log.debug])
def test_bytes_are_hidden_above_traffic(write):
    stream = io.StringIO()
    with logs.running("traffic", stream):
        write("answer", data=b"\xca\xfe\xba\xbe")
    assert stream.getvalue().endswith("answer data=[4 bytes]\n")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("two words", "'two words'"),
        ("two\nlines", r"'two\nlines'"),
        ("", "''"),
        (7, "7"),
        (True, "True"),
        (None, "None"),
        (Signal.AGAIN, "again"),
        (datetime(2026, 11, 23, 8, 15, 30, tzinfo=CHINA), "2026-11-23T08:15:30.000+08:00"),
        (PurePosixPath("/a/b"), "/a/b"),
        (CardNumber("03105060012345678901"), "****************8901"),
        (ValueError("too long"), "'too long'"),
        (b"\x01\x02", "[2 bytes]"),
    ],
)
def test_one_value_is_one_word(value, text):
    assert logs.render(value) == text


def test_a_failure_carries_its_traceback():
    stream = io.StringIO()
    with logs.running("error", stream):
        try:
            raise ValueError("wrong")
        except ValueError as error:
            log.failure("part-failed", error, part="reader")
    first, *_, last = stream.getvalue().splitlines()
    assert (first.split(" firmware.under.test ")[1], last) == ("part-failed part=reader", "ValueError: wrong")


class Stalled(io.StringIO):
    """A console that takes nothing until it is let go."""

    def __init__(self):
        super().__init__()
        self.reached, self.free = threading.Event(), threading.Event()

    def write(self, text):
        self.reached.set()
        assert self.free.wait(10)
        return super().write(text)


def test_a_stalled_console_drops_lines_and_stops_nobody(monkeypatch):
    monkeypatch.setattr(logs, "BACKLOG", 3)
    console = Stalled()
    with logs.running("info", console):
        log.info("line", number=0)
        assert console.reached.wait(10)
        for number in range(1, 100):
            log.info("line", number=number)
        console.free.set()
        assert drained(console, 4)
    assert [line.rpartition("=")[2] for line in console.getvalue().splitlines()] == ["0", "1", "2", "3"]


def drained(console, lines):
    pause = threading.Event()
    return any(console.getvalue().count("\n") == lines or pause.wait(0.01) for _ in range(500))


def test_the_log_ends_with_its_context(caplog):
    stream = io.StringIO()
    with logs.running("info", stream):
        log.info("within")
    log.info("after")
    assert (stream.getvalue().count("within"), stream.getvalue().count("after")) == (1, 0)
