"""The file under the journal: opened safely, owned by one terminal and one process, and only ever added to."""

import fcntl
import os
import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from firmware.errors import JournalCorrupt, JournalError, JournalReadOnly
from firmware.journal.chain import HASH, INSERT, PREVIOUS, SELECT, Columns, genesis, link
from firmware.journal.database import Synchronous, open_for_writing, rolled_back, translating
from firmware.journal.reader import Identity, identity_of

#: The rows whose chain is checked at every open; the whole chain is `verify`'s.
RECENT = 100


@dataclass(frozen=True, slots=True)
class Content:
    """A row before it has a place: all columns but the number, the sequence and the hashes."""

    columns: Columns
    has_event: bool


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of the chain."""

    id: int
    sequence: int
    hash: bytes

    def chained(self, content: Content) -> tuple[Columns, "Tail"]:
        """The row that the content becomes behind this end, and the new end."""
        sequence = self.sequence + 1 if content.has_event else None
        columns: Columns = (self.id + 1, *content.columns[:6], sequence, *content.columns[6:])
        digest = link(self.hash, columns)
        return (*columns, self.hash, digest), Tail(self.id + 1, sequence or self.sequence, digest)


class ChainFile:
    """journal.db and the end of its chain. Used by one thread at a time; every call may raise JournalError."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: TextIO, identity: Identity) -> None:
        self.path = path
        self.identity = identity
        self._connection = connection
        self._lock = lock
        self._tail: Tail | None = None
        self._untidy = False

    @classmethod
    def open(cls, path: Path, terminal_id: str) -> "ChainFile":
        """Open or create the file. Nothing is left open when it fails."""
        lock = _claim(path)
        try:
            connection = open_for_writing(path, "firmware.journal", Synchronous.FULL)
        except BaseException:
            lock.close()
            raise
        try:
            with translating(path):
                file = cls(path, connection, lock, _own(connection, path, terminal_id))
            file.tail()
        except BaseException:
            connection.close()
            lock.close()
            raise
        return file

    def tail(self) -> Tail:
        """The end of the chain, read from the file unless the last write is known to have succeeded.

        Raises JournalCorrupt when the last rows do not follow each other.
        """
        if self._tail is None:
            self._tail = self._checked_tail()
        return self._tail

    def append(self, contents: list[Content]) -> None:
        """Add rows, all or none, and return when they are durable.

        Nothing is believed about the end of the chain until the disk has said yes: a commit that failed may be known
        to nobody but the file.
        """
        tail, rows = self.tail(), []
        for content in contents:
            row, tail = tail.chained(content)
            rows.append(row)
        self._tail = None
        with translating(self.path):
            self._insert(rows)
        self._tail = tail
        self._untidy = True

    def tidy(self) -> None:
        """Move rows from the WAL to the file proper, as far as no reader is in the way."""
        if self._untidy:
            with translating(self.path):
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            self._untidy = False

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._connection.close()
        self._lock.close()

    def _insert(self, rows: list[Columns]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(INSERT, rows)
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            rolled_back(self._connection)
            raise

    def _checked_tail(self) -> Tail:
        with translating(self.path):
            found = self._connection.execute(f"{SELECT} ORDER BY id DESC LIMIT ?", (RECENT,)).fetchall()
            sequence = self._connection.execute("SELECT coalesce(max(sequence), 0) FROM row").fetchone()[0]
        tail = Tail(0, sequence, genesis(self.identity.journal_id))
        for columns in reversed(found):
            is_first_looked_at = tail.id == 0 and columns[0] > 1
            follows = is_first_looked_at or (columns[0] == tail.id + 1 and columns[PREVIOUS] == tail.hash)
            if not follows or columns[HASH] != link(columns[PREVIOUS], columns[:PREVIOUS]):
                raise JournalCorrupt(f"{self.path}: row {columns[0]} is not the row that was written")
            tail = Tail(columns[0], sequence, columns[HASH])
        return tail


def _claim(path: Path) -> TextIO:
    """One writer: a second process would chain its rows to an end that is none any more.

    The lock has a file of its own, because closing any descriptor of journal.db would drop SQLite's locks on it.
    """
    try:
        lock = path.with_suffix(".lock").open("a")
    except OSError as error:
        raise JournalReadOnly(f"{path.parent} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise JournalError(f"another process writes {path}") from error
    return lock


def _own(connection: sqlite3.Connection, path: Path, terminal_id: str) -> Identity:
    """Give a new journal its identity; refuse another terminal's."""
    identity = identity_of(connection)
    if identity is None:
        identity = Identity(secrets.token_hex(8), terminal_id)
        connection.execute("INSERT INTO meta VALUES (1, ?, ?)", (identity.journal_id, identity.terminal_id))
        _make_lasting(path.parent)
    if identity.terminal_id != terminal_id:
        raise JournalError(f"{path} is the journal of terminal {identity.terminal_id}, not of {terminal_id}")
    return identity


def _make_lasting(directory: Path) -> None:
    """The name of a new file is durable when its directory is."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
