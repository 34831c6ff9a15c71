"""`rongtong run`: the terminal, its reporter, or both as two processes of which one may fail without the other."""

import argparse
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from firmware import config as configuration
from firmware.config import Config
from firmware.logs import instrument, running

log = instrument(__name__)

#: Time before a reporter that died is started again, in seconds.
RESTART = 1.0


def run(options: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT."""
    config = configuration.load(options.config)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with running(config.terminal.log, journald="JOURNAL_STREAM" in os.environ):
        for key, value in configuration.effective(config):
            log.debug("configuration", key=key, value=value)
        if options.only == "reporter":
            _report(config, stop)
        elif options.only == "terminal":
            _serve(config, stop)
        else:
            _serve_and_report(config, stop, options.config)
    return 0


def _serve(config: Config, stop: threading.Event) -> None:
    from firmware import terminal

    terminal.run(config, stop)


def _report(config: Config, stop: threading.Event) -> None:
    import firmware.reporting as reporting

    reporting.run(config, stop)


def _serve_and_report(config: Config, stop: threading.Event, file: Path) -> None:
    keeper = threading.Thread(target=_keep_reporter, args=(file, stop), name="reporter-keeper")
    keeper.start()
    try:
        _serve(config, stop)
    finally:
        stop.set()
        keeper.join()


def _keep_reporter(file: Path, stop: threading.Event) -> None:
    command = (sys.executable, "-m", "firmware", "run", "--only", "reporter", "--config", str(file))
    while not stop.is_set():
        with subprocess.Popen(command) as process:
            while process.poll() is None and not stop.wait(RESTART):
                pass
            process.terminate()
        if not stop.is_set():
            log.warning("reporter-died", code=process.returncode)
            stop.wait(RESTART)
