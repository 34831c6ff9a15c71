"""SQLite as both processes open it: pragmas that are asserted, schema files, and errors that say what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from importlib import resources
from pathlib import Path

from firmware.errors import JournalCorrupt, JournalError, JournalFull, JournalReadOnly, JournalUnsafe

#: Another connection may hold the file for the moment of a checkpoint or of a recovery.
BUSY_SECONDS = 5.0


class Synchronous(IntEnum):
    """What a commit waits for in WAL mode; the numbers are SQLite's."""

    NORMAL = 1  # nothing: a power cut may take back the last commits, in order
    FULL = 2  # the disk


#: SQLite's primary result codes (the low byte) that have an error of their own.
ERRORS: dict[int, tuple[type[JournalError], str]] = {
    sqlite3.SQLITE_FULL: (JournalFull, "there is no space for another row in {path}"),
    sqlite3.SQLITE_READONLY: (JournalReadOnly, "{path} cannot be written"),
    sqlite3.SQLITE_PERM: (JournalReadOnly, "{path} must not be opened by this user"),
    sqlite3.SQLITE_CANTOPEN: (JournalReadOnly, "{path} or a file beside it can be neither opened nor created"),
    sqlite3.SQLITE_CORRUPT: (JournalCorrupt, "{path} is damaged"),
    sqlite3.SQLITE_NOTADB: (JournalCorrupt, "{path} is not a database"),
    # Text that is not UTF-8 is refused by Python itself, without a code of SQLite.
    -1: (JournalCorrupt, "{path} holds text that is none"),
}


def translated(error: sqlite3.Error, path: Path) -> JournalError:
    """The error of ours for one of SQLite's."""
    code: int = getattr(error, "sqlite_errorcode", -1 if isinstance(error, sqlite3.OperationalError) else 0)
    kind, text = ERRORS.get(code if code < 0 else code & 0xFF, (JournalError, "{path} cannot be used: {error}"))
    return kind(text.format(path=path, error=error))


@contextmanager
def translating(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error, path) from error


def open_for_writing(path: Path, schema: str, synchronous: Synchronous) -> sqlite3.Connection:
    """Open or create a database and bring its schema up to date.

    `schema` is the package whose `schema/NNNN_*.sql` files describe it. The connection may be handed from thread to
    thread, which then is the caller's to order. Raises JournalUnsafe when WAL or the asked `synchronous` is not had,
    and the other JournalErrors.
    """
    with translating(path):
        connection = sqlite3.connect(path, BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _secure(connection, path, synchronous)
            _migrate(connection, path, schema)
            _prove_writable(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a database that exists; it can be read only. Raises JournalError."""
    with translating(path):
        uri = f"{path.absolute().as_uri()}?mode=ro"
        return sqlite3.connect(uri, BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True)


def version(connection: sqlite3.Connection) -> int:
    """The number of the last schema file that was applied; 0 before the first."""
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return number


def _secure(connection: sqlite3.Connection, path: Path, synchronous: Synchronous) -> None:
    """Both pragmas are asked back: `synchronous` is per connection, and WAL is refused silently where it cannot be."""
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    connection.execute(f"PRAGMA synchronous = {synchronous.value}")
    level = connection.execute("PRAGMA synchronous").fetchone()[0]
    if (mode, level) != ("wal", synchronous.value):
        raise JournalUnsafe(
            f"{path} opened with journal_mode {mode} and synchronous {level}: a power cut would lose rows"
        )


def _prove_writable(connection: sqlite3.Connection) -> None:
    """SQLite opens a file that it may only read without a word, and even locks it; the first change is refused."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(f"PRAGMA user_version = {version(connection)}")
    finally:
        connection.execute("ROLLBACK")


def _migrate(connection: sqlite3.Connection, path: Path, schema: str) -> None:
    files = sorted(resources.files(schema).joinpath("schema").iterdir(), key=lambda file: file.name)
    steps = {int(file.name[:4]): file for file in files if file.name.endswith(".sql")}
    done = version(connection)
    if done > max(steps):
        raise JournalError(f"{path} was written by a newer version of this software")
    for number in range(done + 1, max(steps) + 1):
        script = f"BEGIN IMMEDIATE;\n{steps[number].read_text('utf-8')}\nPRAGMA user_version = {number};\nCOMMIT;"
        try:
            connection.executescript(script)
        except sqlite3.Error:
            rolled_back(connection)
            raise


def rolled_back(connection: sqlite3.Connection) -> None:
    """Take back an open transaction, if SQLite has not done so by itself."""
    if connection.in_transaction:
        connection.rollback()
