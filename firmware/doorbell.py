"""A bell between two processes: a datagram without content says "look". It carries nothing and promises nothing.

Who rings never waits and never fails: nobody may be at home, or the bell may still be ringing. Who listens also looks
by himself now and then, so that a lost ring costs a moment and no more.
"""

import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from firmware.errors import JournalReadOnly

#: The reporter's bell in a terminal's state directory.
REPORTER = "reporter.bell"
#: An address of AF_UNIX holds so many bytes (sun_path, without its final zero).
ADDRESS_BYTES = 107


class Doorbell:
    """The bell that one process listens to."""

    def __init__(self, path: Path, bell: socket.socket) -> None:
        self.path = path
        self._socket = bell

    @classmethod
    def listen(cls, path: Path) -> "Doorbell":
        """Hang up the bell, in place of one that a dead process left. Raises JournalReadOnly where that cannot be."""
        bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            path.unlink(missing_ok=True)
            with _address(path) as address:
                bell.bind(address)
        except OSError as error:
            bell.close()
            raise JournalReadOnly(f"{path} cannot be created: {error.strerror}") from error
        return cls(path, bell)

    @staticmethod
    def ring(path: Path) -> None:
        """Tell whoever listens to look; never blocks, never raises."""
        kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
        with suppress(OSError), socket.socket(socket.AF_UNIX, kind) as visitor, _address(path) as address:
            visitor.sendto(b"", address)

    def __enter__(self) -> "Doorbell":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def fileno(self) -> int:
        """For select and poll."""
        return self._socket.fileno()

    def wait(self, seconds: float) -> bool:
        """Whether it rings within that time; however often it rang meanwhile counts once."""
        ready, _, _ = select.select([self._socket], [], [], seconds)
        if ready:
            self._silence()
        return bool(ready)

    def close(self) -> None:
        """Take the bell down; never raises, may be called twice."""
        self._socket.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _silence(self) -> None:
        with suppress(BlockingIOError):
            while True:
                self._socket.recv(1)


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """The path, or a shorter name for it where AF_UNIX has no room for so long a one."""
    if len(os.fsencode(path)) <= ADDRESS_BYTES:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
