"""The journal as everybody but its writer sees it: read only, while the writer goes on."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from firmware.errors import JournalCorrupt, JournalError
from firmware.journal.chain import ID, SELECT, Columns, Row
from firmware.journal.database import open_for_reading, translating, version
from firmware.journal.verification import VerifyResult, Walk

#: Rows that are read at once on a walk: long enough to be fast, short enough to let checkpoints pass.
PAGE = 500


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose journal this is. `journal_id` is drawn once, when the file is created: 16 hex digits."""

    journal_id: str
    terminal_id: str


class JournalReader:
    """Reads journal.db and never writes or creates it. May be shared by threads. Every call may raise JournalError."""

    def __init__(self, path: Path, connection: sqlite3.Connection, identity: Identity) -> None:
        self.path = path
        self.identity = identity
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def find(cls, path: Path) -> "JournalReader | None":
        """The journal, or None as long as nobody has created it. Raises JournalError when it cannot be read."""
        try:
            if path.stat().st_size == 0:
                return None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise JournalError(f"{path} cannot be read: {error.strerror}") from error
        connection = open_for_reading(path)
        try:
            with translating(path):
                identity = identity_of(connection)
        except BaseException:
            connection.close()
            raise
        if identity is None:
            connection.close()
            return None
        return cls(path, connection, identity)

    @classmethod
    def open(cls, path: Path) -> "JournalReader":
        """The journal. Raises JournalError when there is none or when it cannot be read."""
        reader = cls.find(path)
        if reader is None:
            raise JournalError(f"there is no journal at {path}; the terminal creates it when it starts")
        return reader

    def __enter__(self) -> "JournalReader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        with self._lock:
            self._connection.close()

    def rows(self, after: int = 0) -> Iterator[Row]:
        """Every row with a greater `id`, in order."""
        return (Row.from_columns(columns) for columns in self._walk(after))

    def events(self, after_sequence: int, limit: int) -> list[Row]:
        """The next rows that carry an event, in the order of their `sequence`; at most `limit`."""
        return self._rows("WHERE sequence > ? ORDER BY sequence LIMIT ?", after_sequence, limit)

    def last_row(self) -> Row | None:
        """The newest row."""
        return next(iter(self._rows("ORDER BY id DESC LIMIT 1")), None)

    def last_sequence(self) -> int:
        """The sequence of the newest event; 0 when there is none."""
        return self._number("max(sequence)")

    def transaction(self, name: str) -> list[Row]:
        """The rows of one transaction, in order."""
        return self._rows("WHERE transaction_id = ? ORDER BY id", name)

    def open_transactions(self) -> list[list[Row]]:
        """The transactions whose last row (notes aside) is an intent or an outcome, oldest first, each whole."""
        names = self._query("SELECT transaction_id FROM unfinished")
        found = [self.transaction(str(name)) for (name,) in names]
        return sorted((rows for rows in found if rows), key=lambda rows: rows[0].id)

    def verify(self, progress: Callable[[int, int], None] | None = None) -> VerifyResult:
        """Walk the whole chain; `progress` is told how many rows of how many are done. Never raises for damage."""
        walk = Walk.of(self.identity.journal_id)
        try:
            total = self._number("max(id)")
            if self._query("SELECT 1 FROM row WHERE id < 1 LIMIT 1"):
                return walk.result("rows stand before the first")
            for problem in walk.follow(self._walk(0)):
                if problem is not None:
                    return walk.result(problem)
                if progress and (walk.rows % PAGE == 0 or walk.rows == total):
                    progress(walk.rows, total)
            return walk.result(self._view_problem(walk), at_row=False)
        except JournalError as error:
            return walk.result(str(error))

    def _view_problem(self, walk: Walk) -> str | None:
        """Whether the file's own list of unfinished transactions is that of its rows, unless rows came meanwhile."""
        listed = {str(name) for (name,) in self._query("SELECT transaction_id FROM unfinished")}
        if listed == walk.unfinished or self._number("max(id)") != walk.rows:
            return None
        return "the list of unfinished transactions was changed"

    def _number(self, expression: str) -> int:
        """A number over all rows; 0 when there is none."""
        number = self._query(f"SELECT {expression} FROM row")[0][0]  # noqa: S608 - constants only
        return int(number or 0)

    def _walk(self, after: int) -> Iterator[Columns]:
        while page := self._query(f"{SELECT} WHERE id > ? ORDER BY id LIMIT ?", after, PAGE):
            yield from page
            after = page[-1][ID]  # type: ignore[assignment]

    def _rows(self, condition: str, *values: int | str) -> list[Row]:
        return [Row.from_columns(columns) for columns in self._query(f"{SELECT} {condition}", *values)]

    def _query(self, statement: str, *values: int | str) -> list[Columns]:
        with self._lock, translating(self.path):
            return self._connection.execute(statement, values).fetchall()


def identity_of(connection: sqlite3.Connection) -> Identity | None:
    """Whose journal it is; None as long as it is being created. Raises JournalCorrupt when it is not told."""
    if version(connection) == 0:
        return None
    found = connection.execute("SELECT journal_id, terminal_id FROM meta").fetchall()
    if len(found) > 1:
        raise JournalCorrupt("the journal names more than one owner")
    return Identity(*found[0]) if found else None
