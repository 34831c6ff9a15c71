import subprocess
import sys
import threading

import pytest

from firmware.card.exchange import RowKind
from firmware.errors import JournalCorrupt, JournalError
from firmware.journal.reader import JournalReader
from tests.journal.rows import entry, open_journal, raw, tap


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.db"


def test_a_journal_that_nobody_has_created_is_none_and_stays_absent(path) -> None:
    assert JournalReader.find(path) is None
    assert list(path.parent.iterdir()) == []
    with pytest.raises(JournalError, match="there is no journal"):
        JournalReader.open(path)


def test_a_journal_that_is_being_created_is_none(path) -> None:
    path.touch()
    assert JournalReader.find(path) is None
    with raw(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    assert JournalReader.find(path) is None


def test_a_file_that_is_no_journal_is_corrupt(path) -> None:
    path.write_bytes(b"x" * 5000)
    with pytest.raises(JournalCorrupt):
        JournalReader.find(path)


def test_a_reader_cannot_write(path) -> None:
    open_journal(path).close()
    with JournalReader.open(path) as reader, pytest.raises(JournalError):
        reader._query("INSERT INTO unfinished VALUES ('x')")


def test_a_reader_sees_rows_as_they_come_and_only_events_when_asked(path) -> None:
    with open_journal(path) as journal, JournalReader.open(path) as reader:
        assert (reader.last_row(), reader.last_sequence(), reader.events(0, 9)) == (None, 0, [])
        for item in (entry(RowKind.INTENT), tap(1, "t1"), entry(RowKind.SHOWN), tap(2), tap(3)):
            journal.commit(item)
        assert [row.transaction for row in reader.events(1, 9)] == ["t2", "t3"]
        assert [row.sequence for row in reader.events(0, 2)] == [1, 2]
        assert [row.id for row in reader.rows(after=3)] == [4, 5]
        assert (reader.last_row().id, reader.last_sequence()) == (5, 3)
        assert [row.id for row in reader.transaction("t1")] == [1, 2, 3]


def test_open_transactions_are_those_without_a_resolution_or_a_green(path) -> None:
    def rows(name, *kinds):
        return [entry(kind, name) for kind in kinds]

    intent, outcome, resolution, shown, note = (
        RowKind.INTENT,
        RowKind.OUTCOME,
        RowKind.RESOLUTION,
        RowKind.SHOWN,
        RowKind.NOTE,
    )
    with open_journal(path) as journal:
        for item in [
            *rows("torn", intent),
            *rows("paid", intent, outcome, shown),
            *rows("dark", intent, outcome),
            *rows("solved", intent, outcome, resolution),
            *rows("alarmed", intent, outcome, note),
            *rows("refused", note),
        ]:
            journal.commit(item)
        found = [[(row.transaction, row.kind) for row in rows] for rows in journal.open_transactions()]
    assert found == [
        [("torn", intent)],
        [("dark", intent), ("dark", outcome)],
        [("alarmed", intent), ("alarmed", outcome), ("alarmed", note)],
    ]


def test_two_other_processes_read_while_the_journal_is_written(path) -> None:
    code = (
        "import sys; from pathlib import Path; from firmware.journal.reader import JournalReader\n"
        "with JournalReader.open(Path(sys.argv[1])) as reader:\n"
        "    after = 0\n"
        "    while after < 300:\n"
        "        rows = reader.events(after, 50)\n"
        "        assert [row.sequence for row in rows] == list(range(after + 1, after + 1 + len(rows)))\n"
        "        after += len(rows)\n"
        "    assert reader.verify().ok\n"
    )
    with open_journal(path) as journal:
        readers = [subprocess.Popen([sys.executable, "-c", code, path]) for _ in range(2)]
        for number in range(1, 301):
            journal.commit(tap(number))
        assert [reader.wait(15) for reader in readers] == [0, 0]


def test_one_reader_may_serve_many_threads(path) -> None:
    counts = []
    with open_journal(path) as journal, JournalReader.open(path) as reader:
        for number in range(1, 101):
            journal.begin(tap(number))
        journal.commit(tap(101))
        threads = [threading.Thread(target=lambda: counts.append(len(list(reader.rows())))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert counts == [101] * 8


def test_a_row_of_an_unknown_kind_is_corrupt(path) -> None:
    with open_journal(path) as journal:
        journal.commit(entry())
        with raw(path) as connection:
            connection.execute("DROP TRIGGER row_is_never_changed")
            connection.execute("UPDATE row SET kind = 'guess'")
        connection.close()
        with pytest.raises(JournalCorrupt):
            journal.last_row()
