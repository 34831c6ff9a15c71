import sqlite3
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from firmware.card.exchange import Entry, Event, RowKind
from firmware.clock import CHINA, ManualClock
from firmware.errors import InternalError, JournalCorrupt, JournalError, JournalFull
from firmware.journal.chain import Row
from tests.journal.rows import CARD, entry, expected_hash, open_journal, raw, tap


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.db"


def limit(journal, pages):
    journal._file._connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()


def write_until_it_fails(journal):
    while True:
        journal.commit(entry())


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_row_says_who_when_what_and_follows_the_identity(path) -> None:
    with open_journal(path, ManualClock(is_trusted=False)) as journal:
        journal.commit(entry(RowKind.INTENT, "t1", "intended"))
        identity = journal.identity
        found = journal.last_row()
    root = expected_hash(identity.journal_id.encode(), ())
    body = b'{"card_number":{"digits":"31049900000000001234"},"amount_fen":200}'
    columns = (1, "t1", "intent", "intended", "2026-11-23T08:15:30", 0, body, None, None, None, None)
    assert found == Row(
        id=1,
        transaction="t1",
        kind=RowKind.INTENT,
        state="intended",
        time="2026-11-23T08:15:30",
        clock_trusted=False,
        body=body,
        sequence=None,
        event_kind=None,
        event_type=None,
        event_data=None,
        previous=root,
        hash=expected_hash(root, columns),
    )
    assert found.moment == datetime(2026, 11, 23, 8, 15, 30, tzinfo=CHINA)
    assert identity.terminal_id == "TEST-1"
    assert len(bytes.fromhex(identity.journal_id)) == 8


def test_only_rows_with_an_event_are_counted_by_the_sequence(path) -> None:
    with open_journal(path) as journal:
        for item in (entry(RowKind.INTENT), tap(1, "t1"), entry(RowKind.SHOWN), tap(2), tap(3)):
            journal.commit(item)
        assert [row.sequence for row in journal.rows()] == [None, 1, None, 2, 3]


def test_rows_begun_together_become_durable_in_their_order(path) -> None:
    with open_journal(path) as journal:
        tickets = [journal.begin(tap(number)) for number in range(1, 51)]
        for ticket in tickets:
            ticket.wait()
        assert [row.transaction for row in journal.rows()] == [f"t{number}" for number in range(1, 51)]


def test_a_ticket_may_be_waited_for_twice(path) -> None:
    with open_journal(path) as journal:
        ticket = journal.begin(entry())
        ticket.wait()
        ticket.wait()


def test_rows_of_many_threads_make_one_chain(path) -> None:
    def write(name) -> None:
        for number in range(20):
            journal.commit(entry(transaction=f"{name}-{number}", event=Event("tap", "type", {})))

    with open_journal(path) as journal:
        threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [row.sequence for row in journal.rows()] == list(range(1, 81))
        assert journal._reader.verify().ok


def test_what_was_begun_is_written_when_the_journal_closes(path) -> None:
    journal = open_journal(path)
    for number in range(1, 6):
        journal.begin(tap(number))
    journal.close()
    journal.close()
    with open_journal(path) as journal:
        assert len(list(journal.rows())) == 5


def test_a_closed_journal_takes_nothing(path) -> None:
    journal = open_journal(path)
    journal.close()
    with pytest.raises(JournalError):
        journal.begin(entry())


def test_the_chain_goes_on_after_a_restart(path) -> None:
    for number in range(1, 4):
        with open_journal(path) as journal:
            journal.commit(tap(number))
    with open_journal(path) as journal:
        assert [row.sequence for row in journal.rows()] == [1, 2, 3]
        assert journal._reader.verify().ok


@dataclass(frozen=True)
class Unwritable:
    content: object


@pytest.mark.parametrize(
    "bad",
    [
        Entry("t", RowKind.NOTE, "s", Unwritable(object())),
        Entry("t", RowKind.NOTE, "s", {}, Event("tap", "type", object())),
        Entry("t", RowKind.NOTE, "s", {}, Event("a/b", "type", {})),
        Entry("t", RowKind.NOTE, "s", {}, Event("#", "type", {})),
        Entry("t", RowKind.NOTE, "s", {}, Event("", "type", {})),
    ],
)
def test_an_entry_that_cannot_be_carried_is_refused_at_once_and_harms_no_other(path, bad) -> None:
    with open_journal(path) as journal:
        good = journal.begin(entry())
        with pytest.raises(InternalError):
            journal.begin(bad)
        good.wait()
        journal.commit(entry())
        assert len(list(journal.rows())) == 2


def test_listeners_hear_of_rows_and_a_broken_listener_stops_nothing(path) -> None:
    heard = threading.Event()

    def broken() -> None:
        raise RuntimeError("a listener's fault")

    with open_journal(path) as journal:
        journal.on_commit += [broken, heard.set]
        journal.commit(entry())
        assert heard.wait(5)
        journal.commit(entry())


def test_a_full_disk_is_told_and_the_chain_goes_on_when_there_is_space_again(path) -> None:
    with open_journal(path) as journal:
        journal.commit(tap(1))
        limit(journal, 1)
        told = []
        for _ in range(60):
            try:
                journal.commit(entry(event=Event("tap", "type", "x" * 2000)))
            except JournalFull as error:
                told.append(error)
        assert told
        limit(journal, 1_000_000)
        journal.commit(tap(2))
        rows = list(journal.rows())
        assert rows[-1].sequence == rows[-2].sequence + 1
        assert journal._reader.verify().ok


def test_a_failed_batch_fails_for_all_that_were_in_it(path) -> None:
    with open_journal(path) as journal:
        journal.commit(entry())
        limit(journal, 1)
        with journal._writing:
            tickets = [journal.begin(entry(event=Event("tap", "type", "x" * 9000))) for _ in range(3)]
        for ticket in tickets:
            with pytest.raises(JournalFull):
                ticket.wait()
        assert len(list(journal.rows())) == 1


def test_a_row_that_somebody_else_slipped_in_stops_ours(path) -> None:
    with open_journal(path) as journal:
        journal.commit(tap(1))
        with sqlite3.connect(path, isolation_level=None) as other:
            other.execute(
                "INSERT INTO row SELECT 2, 'x', kind, state, time, 1, body, 2, 'tap', 't', body, hash, hash FROM row"
            )
        other.close()
        with pytest.raises(JournalError):
            journal.commit(tap(2))
        with pytest.raises(JournalCorrupt):
            journal.commit(tap(2))


def test_a_begun_row_does_not_wait_for_the_disk(path) -> None:
    with open_journal(path) as journal, raw(path) as other:
        other.execute("BEGIN IMMEDIATE")
        ticket = journal.begin(entry())
        other.execute("ROLLBACK")
        ticket.wait()
    other.close()


def test_the_number_of_a_card_stands_in_the_journal_and_in_no_message(path, caplog) -> None:
    caplog.set_level(1)
    with open_journal(path) as journal:
        limit(journal, 1)
        with pytest.raises(JournalFull) as caught:
            write_until_it_fails(journal)
    assert CARD.reveal() not in caplog.text + str(caught.value)


def test_the_file_descriptors_are_given_back(path) -> None:
    before = open_files()
    for _ in range(3):
        open_journal(path).close()
    assert open_files() == before
