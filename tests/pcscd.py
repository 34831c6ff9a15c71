"""A pcscd of its own for each test process, with two slots of vpcd.

pcscd is a singleton by its compiled-in socket path; a mount namespace with another directory at that path makes it
private, and the client library finds it through an environment variable that it reads once per process. Needs root.
"""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import SystemRandom

LIBRARY = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
#: Names of the slots, as PC/SC shows them; `pcsc:` URLs are made of them.
CARD_SLOT, SAM_SLOT = "TEST Slots 00 00", "TEST Slots 00 01"
START_SECONDS = 10.0

_place = Path(tempfile.gettempdir()) / f"rongtong-pcscd-{os.getpid()}"
os.environ["PCSCLITE_CSOCK_NAME"] = str(_place / "pcscd.comm")


class Pcscd:
    """The service: `card_port` and `sam_port` are the vpcd ports of its two slots."""

    def __init__(self) -> None:
        self.card_port = _free_pair()
        self.sam_port = self.card_port + 1
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until clients and cards can connect."""
        Path("/run/pcscd").mkdir(exist_ok=True)
        _place.mkdir(exist_ok=True)
        (_place / "reader.conf").write_text(
            f'FRIENDLYNAME "TEST Slots"\nDEVICENAME /dev/null:{self.card_port:#x}\n'
            f"LIBPATH {LIBRARY}\nCHANNELID {self.card_port:#x}\n"
        )
        script = f"mount --bind {_place} /run/pcscd && exec pcscd -f --error -c {_place}/reader.conf"
        with (_place / "log").open("ab") as log:
            # setpriv: a test process that is killed takes its service along
            command = ["setpriv", "--pdeathsig", "KILL", "unshare", "-m", "sh", "-c", script]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self._wait_until_ready()

    def kill(self) -> None:
        """End it without giving it a chance to say goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it."""
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """Stop its processor time: it is there, and does not answer."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        tasks = Path(f"/proc/{self._process.pid}/task")
        _wait_until(lambda: all("T (stopped)" in (task / "status").read_text() for task in tasks.iterdir()))

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(how)
            self._process.wait(5)
            self._process = None

    def _wait_until_ready(self) -> None:
        _wait_until(lambda: _accepts(_place / "pcscd.comm") and _listening() >= {self.card_port, self.sam_port})


@cache
def running() -> Pcscd:
    """This process's pcscd, started on first use, ended with the process."""
    service = Pcscd()
    service.start()
    atexit.register(shutil.rmtree, _place, ignore_errors=True)
    atexit.register(service.stop)
    return service


def _free_pair() -> int:
    """A port that is free and followed by a free one, below those that the system gives to outgoing connections."""
    while True:
        port = SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as first, socket.socket() as second, suppress(OSError):
            first.bind(("0.0.0.0", port))
            second.bind(("0.0.0.0", port + 1))
            return port


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
        probe.connect(str(path))
        return True
    return False


def _listening() -> set[int]:
    """Ports that somebody listens on; to ask by connecting would put a card into a slot."""
    lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return {int(local.partition(":")[2], 16) for _, local, _, state, *_ in lines if state == "0A"}


def _wait_until(fact: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not fact():
        assert time.monotonic() < deadline, (_place / "log").read_text()
        time.sleep(0.01)
