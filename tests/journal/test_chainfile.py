import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware.clock import ManualClock
from firmware.errors import JournalCorrupt, JournalError, JournalReadOnly, JournalUnsafe
from firmware.journal import database
from firmware.journal.writer import Journal
from tests.journal.rows import entry, open_journal, raw, tap

NOBODY = 65534


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.db"


@pytest.fixture
def written(path):
    with open_journal(path) as journal:
        for number in range(1, 201):
            journal.begin(tap(number))
    return path


@contextmanager
def ordinary_user():
    """Root may write everywhere; the rights of files are tested as somebody else."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared(tmp_path):
    """A directory that an ordinary user can reach. He may not reach Python's own files: all is imported before."""
    open_journal(tmp_path / "first.db").close()
    directory = Path(tempfile.mkdtemp(prefix="rongtong-"))
    directory.chmod(0o777)
    yield directory
    directory.chmod(0o777)
    shutil.rmtree(directory)


def test_the_file_is_opened_so_that_a_power_cut_loses_nothing(path) -> None:
    with open_journal(path) as journal:
        connection = journal._file._connection
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_file_that_cannot_be_had_in_wal_is_refused(path, monkeypatch) -> None:
    connect = database.sqlite3.connect
    # An in-memory database is the one place where SQLite itself refuses WAL, without saying so.
    monkeypatch.setattr(database.sqlite3, "connect", lambda _, *rest, **more: connect(":memory:", *rest, **more))
    with pytest.raises(JournalUnsafe):
        open_journal(path)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE row SET state = 'void' WHERE id = 3",
        "DELETE FROM row WHERE id = 200",
        "DELETE FROM row",
        "INSERT OR REPLACE INTO row SELECT * FROM row WHERE id = 3",
        "INSERT OR REPLACE INTO row (id, transaction_id, kind, state, time, clock_trusted, body, sequence, event_kind,"
        " event_type, event_data, previous, hash) SELECT 201, transaction_id, kind, state, time, 1, body, 7,"
        " event_kind, event_type, event_data, previous, hash FROM row WHERE id = 3",
        "REPLACE INTO row SELECT * FROM row WHERE id = 200",
        "UPDATE meta SET journal_id = 'x'",
        "DELETE FROM meta",
    ],
)
def test_rows_can_only_be_added(written, statement) -> None:
    with raw(written) as connection, pytest.raises(database.sqlite3.IntegrityError):
        connection.execute(statement)
    assert connection.execute("SELECT count(*) FROM row").fetchone() == (200,)
    connection.close()


def test_an_event_is_whole_or_absent(written) -> None:
    with raw(written) as connection, pytest.raises(database.sqlite3.IntegrityError):
        connection.execute(
            "INSERT INTO row SELECT 201, transaction_id, kind, state, time, 1, body, 201, NULL, NULL, NULL, previous,"
            " hash FROM row WHERE id = 1"
        )
    connection.close()


def test_another_terminals_journal_is_refused(written) -> None:
    with pytest.raises(JournalError, match="TEST-1"):
        Journal.open(written, terminal_id="TEST-2", clock=ManualClock())


def test_a_second_process_is_refused(written) -> None:
    code = (
        "import sys; from pathlib import Path; from firmware.clock import ManualClock;"
        "from firmware.journal.writer import Journal;"
        "Journal.open(Path(sys.argv[1]), terminal_id='TEST-1', clock=ManualClock())"
    )
    with open_journal(written):
        result = subprocess.run([sys.executable, "-c", code, written], capture_output=True, text=True, check=False)
    assert "JournalError: another process writes" in result.stderr


def test_a_broken_end_of_the_chain_is_found_at_open(written) -> None:
    with raw(written) as connection:
        connection.execute("DROP TRIGGER row_is_never_changed")
        connection.execute("UPDATE row SET body = x'7B7D' WHERE id = 190")
    connection.close()
    with pytest.raises(JournalCorrupt, match="row 190"):
        open_journal(written)


def test_a_row_taken_out_near_the_end_is_found_at_open(written) -> None:
    with raw(written) as connection:
        connection.execute("DROP TRIGGER row_is_never_deleted")
        connection.execute("DELETE FROM row WHERE id = 190")
    connection.close()
    with pytest.raises(JournalCorrupt, match="row 191"):
        open_journal(written)


def test_a_file_that_is_no_database_is_refused_and_left_alone(path) -> None:
    path.write_bytes(b"no database at all" * 500)
    with pytest.raises(JournalCorrupt):
        open_journal(path)
    assert path.read_bytes() == b"no database at all" * 500


def test_a_truncated_file_is_refused(written) -> None:
    os.truncate(written, written.stat().st_size // 2)
    with pytest.raises(JournalCorrupt):
        open_journal(written)


def test_flipped_bytes_are_refused_or_found_by_verify(written) -> None:
    content = bytearray(written.read_bytes())
    for position in range(100, len(content), 97):
        content[position] ^= 0xFF
    written.write_bytes(content)
    with pytest.raises(JournalError):
        open_journal(written)


def test_a_directory_that_cannot_be_written_is_read_only(shared) -> None:
    shared.chmod(0o555)
    with ordinary_user(), pytest.raises(JournalReadOnly):
        open_journal(shared / "journal.db")


def test_a_file_that_cannot_be_written_is_read_only(shared) -> None:
    path = shared / "journal.db"
    with ordinary_user():
        open_journal(path).close()
        path.chmod(0o444)
        with pytest.raises(JournalReadOnly):
            open_journal(path)


def test_a_missing_directory_is_read_only(tmp_path) -> None:
    with pytest.raises(JournalReadOnly):
        open_journal(tmp_path / "absent" / "journal.db")


def test_a_file_from_the_future_is_refused(written) -> None:
    with raw(written) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(JournalError, match="newer version"):
        open_journal(written)


def test_a_file_that_was_created_but_never_finished_is_taken_up(path) -> None:
    path.touch()
    with open_journal(path) as journal:
        journal.commit(entry())


def test_tidying_moves_rows_out_of_the_wal(path) -> None:
    with open_journal(path) as journal:
        journal.commit(entry())
        with journal._writing:
            journal._file.tidy()
        assert b"t1" in path.read_bytes()
