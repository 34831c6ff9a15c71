"""A reporter in a thread of the test, or in a process that can be killed."""

import logging
import subprocess
import sys
import threading
from contextlib import contextmanager

import msgspec

from firmware import doorbell, journal
from firmware.clock import ManualClock
from firmware.doorbell import Doorbell
from firmware.journal.writer import Journal
from firmware.report.reporter import run_reporter
from firmware.report.settings import ReporterSettings

TERMINAL = "TEST-1"
ROOT = f"rongtong/1/{TERMINAL}"
EVENTS = f"{ROOT}/event/#"
PROCESS = """
import sys, threading
from pathlib import Path
from firmware.report.reporter import run_reporter
from firmware.report.settings import ReporterSettings
quick = {"retry_first_s": 0.05, "retry_longest_s": 0.5}
run_reporter(ReporterSettings("TEST-1", Path(sys.argv[1]), sys.argv[2], **quick), threading.Event())
"""


def settings(directory, url, **changes):
    quick = {"retry_first_s": 0.05, "retry_longest_s": 0.5, "software": "test"}
    return ReporterSettings(TERMINAL, directory, url, **(quick | changes))


@contextmanager
def reporting(told):
    """A reporter in a thread; it must end without an error when told to."""
    stop, errors = threading.Event(), []

    def run() -> None:
        try:
            run_reporter(told, stop)
        except BaseException as error:
            errors.append(error)
            raise

    thread = threading.Thread(target=run, name="reporter")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(15)
        assert not thread.is_alive()
        assert errors == []


def spawn(directory, url):
    """A reporter in a process of its own."""
    return subprocess.Popen([sys.executable, "-c", PROCESS, directory, url])


@contextmanager
def writing(directory):
    """The terminal's side: a journal that rings."""
    with Journal.open(directory / journal.FILE_NAME, terminal_id=TERMINAL, clock=ManualClock()) as written:
        written.on_commit.append(lambda: Doorbell.ring(directory / doorbell.REPORTER))
        yield written


def sequences(subscriber):
    """The sequences of the events that came, in the order in which they came."""
    found = [msgspec.json.decode(message.payload) for message in subscriber.messages if "/event/" in message.topic]
    return [event["sequence"] for event in found]


@contextmanager
def hearing(event):
    """A semaphore that counts the log lines with this event name."""
    heard = threading.Semaphore(0)

    class Ear(logging.Handler):
        def emit(self, record) -> None:
            if record.getMessage().startswith(event):
                heard.release()

    ear, logger = Ear(), logging.getLogger("firmware.report")
    logger.addHandler(ear)
    try:
        yield heard
    finally:
        logger.removeHandler(ear)
