"""Whatever single thing is done to a row, verify names that row or an earlier one; an untouched chain is whole."""

import shutil
import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware.card.exchange import RowKind
from firmware.journal.reader import JournalReader
from firmware.journal.verification import VerifyResult
from tests.journal.rows import entry, open_journal, raw, tap

ROWS = 12
TEXTS = ("transaction_id", "kind", "state", "time", "event_kind", "event_type")
BLOBS = ("body", "event_data", "previous", "hash")
NUMBERS = ("id", "clock_trusted", "sequence")


def forge(path, *statements):
    with raw(path) as connection:
        for name in ("row_is_never_changed", "row_is_never_deleted", "row_is_next", "event_is_next"):
            connection.execute(f"DROP TRIGGER IF EXISTS {name}")
        for statement, values in statements:
            connection.execute(statement, values)
    connection.close()


def verified(path, progress=None):
    with JournalReader.open(path) as reader:
        return reader.verify(progress)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "journal.db"
    with open_journal(path) as journal:
        for number in range(1, ROWS // 3 + 1):
            for item in (entry(RowKind.INTENT, f"t{number}"), tap(number), entry(RowKind.SHOWN, f"t{number}")):
                journal.commit(item)
    return path


def fresh(whole, directory):
    """A copy of the file alone: what an earlier one left beside it is not its."""
    for old in directory.iterdir():
        old.unlink()
    return shutil.copy(whole, directory / "journal.db")


@pytest.fixture
def copy(whole, tmp_path):
    return shutil.copy(whole, tmp_path / "journal.db")


def test_an_untouched_chain_is_whole(whole) -> None:
    told = []
    assert verified(whole, lambda done, total: told.append((done, total))) == VerifyResult(ROWS, ROWS // 3)
    assert told == [(ROWS, ROWS)]


def test_an_empty_journal_is_whole(tmp_path) -> None:
    open_journal(tmp_path / "journal.db").close()
    assert verified(tmp_path / "journal.db") == VerifyResult(0, 0)


changes = st.one_of(
    st.tuples(st.sampled_from(TEXTS), st.text(max_size=8)),
    st.tuples(st.sampled_from(BLOBS), st.binary(max_size=40)),
    st.tuples(st.sampled_from(NUMBERS), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.sampled_from(TEXTS), st.just(None)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(row=st.integers(1, ROWS), change=changes)
def test_a_changed_column_is_found(whole, tmp_path, row, change) -> None:
    path = fresh(whole, tmp_path)
    column, value = change
    with raw(path) as connection:
        old = connection.execute(f"SELECT {column} FROM row WHERE id = ?", (row,)).fetchone()[0]
    connection.close()
    try:
        forge(path, (f"UPDATE row SET {column} = ? WHERE id = ?", (value, row)))
    except sqlite3.IntegrityError:
        return
    result = verified(path)
    assert result.ok == (value == old)
    assert result.ok or result.row <= row


@pytest.mark.parametrize("row", range(1, ROWS))
def test_a_row_taken_out_is_found(copy, row) -> None:
    forge(copy, ("DELETE FROM row WHERE id = ?", (row,)))
    assert verified(copy).row == row


def test_a_row_slipped_in_between_is_found(copy) -> None:
    forge(copy, ("UPDATE row SET id = id + 100 WHERE id > 5", ()), ("UPDATE row SET id = id - 99 WHERE id > 100", ()))
    assert verified(copy).row == 6


def test_two_rows_exchanged_are_found(copy) -> None:
    steps = [("UPDATE row SET id = ? WHERE id = ?", pair) for pair in ((99, 4), (4, 7), (7, 99))]
    forge(copy, *steps)
    assert verified(copy).row == 4


def test_text_moved_from_one_column_to_its_neighbour_is_found(copy) -> None:
    """Lengths are part of what is hashed: `ab` + `c` is not `a` + `bc`."""
    forge(copy, ("UPDATE row SET state = state || substr(time, 1, 1), time = substr(time, 2) WHERE id = 3", ()))
    assert verified(copy) == VerifyResult(2, 1, "its content was changed", 3)


def test_a_text_that_is_no_text_is_found(copy) -> None:
    forge(copy, ("UPDATE row SET state = CAST(x'FFFE' AS TEXT) WHERE id = 2", ()))
    assert not verified(copy).ok


def test_another_identity_is_found(copy) -> None:
    with raw(copy) as connection:
        connection.execute("DROP TRIGGER meta_is_never_changed")
        connection.execute("UPDATE meta SET journal_id = '0011223344556677'")
    connection.close()
    assert verified(copy).row == 1


def test_a_hidden_doubt_is_found(copy) -> None:
    forge(copy, ("INSERT INTO unfinished VALUES ('t9')", ()))
    assert verified(copy) == VerifyResult(ROWS, ROWS // 3, "the list of unfinished transactions was changed")


def test_a_damaged_page_is_told_and_not_raised(copy) -> None:
    with raw(copy) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'row'").fetchone()[0]
    connection.close()
    content = bytearray(copy.read_bytes())
    content[(page - 1) * size : page * size] = b"\xaa" * size
    copy.write_bytes(content)
    assert not verified(copy).ok
