"""The pump without a broker: what it does about journals and marks that are not as they should be."""

import pytest

from firmware.report.pump import UNREADABLE_SECONDS, Progress, Pump
from firmware.report.store import FILE_NAME, Marks, Store
from firmware.report.window import PumpState
from tests.journal.rows import raw, tap
from tests.report.reporting import hearing, settings, writing


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / FILE_NAME) as opened:
        yield opened


@pytest.fixture
def pump(tmp_path, store):
    made = Pump(settings(tmp_path, "mqtt://127.0.0.1:1"), tmp_path / "journal.db", store)
    made.connected(20)
    made._window.state = PumpState.SENDING
    yield made
    made.close()


@pytest.fixture
def journal(tmp_path):
    with writing(tmp_path) as opened:
        for number in range(1, 6):
            opened.commit(tap(number))
        yield opened


def numbers(due):
    return [sequence for sequence, _ in due]


def test_events_behind_the_mark_are_sent_but_not_those_known_to_be_delivered(journal, pump, store) -> None:
    store.keep(journal.identity.journal_id, Marks(1, frozenset({3}), 1))
    assert numbers(pump.due(0)) == [2, 4, 5]
    pump.accepted(4, 0)
    pump.keep(1)
    assert store.marks(journal.identity.journal_id) == Marks(1, frozenset({3, 4}), 1)
    pump.accepted(2, 1)
    pump.accepted(5, 1)
    pump.keep(1)
    assert store.marks(journal.identity.journal_id) == Marks(5, frozenset(), 1)


def test_new_events_are_taken_up_when_told_to_look(journal, pump) -> None:
    assert numbers(pump.due(0)) == [1, 2, 3, 4, 5]
    journal.commit(tap(6))
    assert numbers(pump.due(0)) == []
    pump.look()
    assert numbers(pump.due(0)) == [6]


def test_a_journal_that_has_become_shorter_than_its_mark_is_told(journal, pump, store) -> None:
    store.keep(journal.identity.journal_id, Marks(9))
    with hearing("journal-went-back") as told:
        assert pump.due(0) == []
    assert told.acquire(blocking=False)


def test_a_journal_that_cannot_be_read_is_tried_again(tmp_path, pump) -> None:
    (tmp_path / "journal.db").write_bytes(b"no journal" * 1000)
    with hearing("journal-unreadable") as told:
        assert pump.due(0) == []
        assert pump.due(UNREADABLE_SECONDS - 1) == []
        assert told.acquire(blocking=False)
        assert not told.acquire(blocking=False)
        (tmp_path / "journal.db").unlink()
        with writing(tmp_path) as journal:
            journal.commit(tap(1))
            assert numbers(pump.due(UNREADABLE_SECONDS)) == [1]


def test_a_journal_that_was_replaced_is_not_mixed_with_the_old_one(tmp_path, pump) -> None:
    with writing(tmp_path) as journal:
        journal.commit(tap(1))
        assert numbers(pump.due(0)) == [1]
    pump._tape.close()
    for old in tmp_path.glob("journal.*"):
        old.unlink()
    with writing(tmp_path), hearing("journal-unreadable") as told:
        pump.look()
        assert pump.due(1) == []
        assert told.acquire(blocking=False)


def test_a_gap_in_the_journal_and_a_row_that_cannot_be_published_stop_nothing(journal, pump, tmp_path) -> None:
    with raw(tmp_path / "journal.db") as connection:
        for name in ("row_is_never_changed", "row_is_never_deleted"):
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM row WHERE sequence = 2")
        connection.execute("UPDATE row SET event_kind = '#' WHERE sequence = 4")
    connection.close()
    with hearing("journal-gap") as gap, hearing("event-unpublishable") as unpublishable:
        assert numbers(pump.due(0)) == [1, 3, 5]
    assert gap.acquire(blocking=False)
    assert unpublishable.acquire(blocking=False)


def test_marks_that_cannot_be_kept_stop_nothing(journal, pump, store) -> None:
    pump.due(0)
    store.close()
    pump.accepted(1, 0)
    with hearing("marks-not-kept") as told:
        pump.keep(1)
    assert told.acquire(blocking=False)
    assert pump.marks == Marks(1)


def test_progress_tells_what_is_still_to_come(journal, pump) -> None:
    assert pump.progress() == Progress(None, 0, 0, 0)
    pump.due(0)
    pump.accepted(1, 0)
    assert pump.progress() == Progress(journal.identity.journal_id, 1, 0, 4)


def test_going_back_to_what_is_unconfirmed_does_not_move_the_mark_back(journal, pump, store) -> None:
    for sequence, _ in pump.due(0):
        pump.accepted(sequence, 0)
    assert pump.confirmed(3)
    assert not pump.confirmed(6)
    assert pump.due(1) == []
    assert numbers(pump.due(1000)) == [4, 5]
    pump.keep(1000)
    assert store.marks(journal.identity.journal_id) == Marks(5, frozenset(), 3)
    pump.accepted(4, 1000)
    pump.accepted(5, 1000)
    assert pump.confirmed(5)
    assert pump.due(9999) == []
    assert pump.marks == Marks(5, frozenset(), 5)
