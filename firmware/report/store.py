"""reporter.db: how far events have got, and what commands came in. Written by the reporter alone.

`synchronous` is NORMAL: a power cut may take back the last marks, and then a few events are published twice, which
every consumer must bear anyway. So a mark costs no flush, and a whole file that is lost costs no event.
"""

import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import msgspec

from firmware import logs
from firmware.errors import JournalCorrupt
from firmware.journal.database import Synchronous, open_for_writing, rolled_back, translating

#: The store's name in a terminal's state directory.
FILE_NAME = "reporter.db"
#: Commands that are remembered; older ones make room.
INBOUND_ROWS = 1000
log = logs.instrument(__name__)


@dataclass(frozen=True, slots=True)
class Marks:
    """How far a journal's events have got."""

    delivered: int = 0
    ahead: frozenset[int] = frozenset()
    confirmed: int = 0


@dataclass(frozen=True, slots=True)
class Inbound:
    """A command and what it was answered; `time` is local."""

    time: str
    name: str
    payload: bytes
    correlation: bytes | None
    answer: bytes


class Store:
    """reporter.db, opened. Used by one thread; every call may raise JournalError."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Open or create the store. A damaged one is set aside, because an empty one loses nothing."""
        try:
            return cls(path, _connect(path))
        except JournalCorrupt as error:
            log.error("marks-set-aside", path=path, error=error)
            _set_aside(path)
            return cls(path, _connect(path))

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._connection.close()

    def marks(self, journal_id: str) -> Marks:
        """How far this journal's events have got; nowhere, for a journal never seen."""
        with translating(self.path):
            statement = "SELECT delivered, ahead, confirmed FROM mark WHERE journal_id = ?"
            found = self._connection.execute(statement, (journal_id,)).fetchone()
        return Marks(found[0], _numbers(found[1]), found[2]) if found else Marks()

    def keep(self, journal_id: str, marks: Marks) -> None:
        """Remember how far they have got."""
        ahead = msgspec.json.encode(sorted(marks.ahead))
        with translating(self.path):
            statement = "INSERT OR REPLACE INTO mark VALUES (?, ?, ?, ?)"
            self._connection.execute(statement, (journal_id, marks.delivered, ahead, marks.confirmed))

    def note(self, command: Inbound) -> None:
        """Remember a command; the oldest ones are forgotten."""
        values = (command.time, command.name, command.payload, command.correlation, command.answer)
        with translating(self.path):
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.execute("INSERT INTO inbound VALUES (NULL, ?, ?, ?, ?, ?)", values)
                oldest = "DELETE FROM inbound WHERE id <= (SELECT max(id) FROM inbound) - ?"
                self._connection.execute(oldest, (INBOUND_ROWS,))
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                rolled_back(self._connection)
                raise

    def inbound(self) -> list[Inbound]:
        """The commands that are remembered, oldest first."""
        with translating(self.path):
            statement = "SELECT time, name, payload, correlation, answer FROM inbound ORDER BY id"
            return [Inbound(*columns) for columns in self._connection.execute(statement)]


def _connect(path: Path) -> sqlite3.Connection:
    """Opens, and touches both tables: damage is to be found before the first mark, not after it."""
    connection = open_for_writing(path, "firmware.report", Synchronous.NORMAL)
    try:
        with translating(path):
            if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise JournalCorrupt(f"{path} is damaged")
    except BaseException:
        connection.close()
        raise
    return connection


def _set_aside(path: Path) -> None:
    for beside in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{path}{beside}").rename(f"{path}{beside}.damaged")


def _numbers(content: bytes) -> frozenset[int]:
    """Marks that cannot be read mean that a few events are sent twice."""
    try:
        return frozenset(msgspec.json.decode(content, type=list[int]))
    except msgspec.MsgspecError:
        return frozenset()
