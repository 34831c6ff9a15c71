import shutil

import pytest

from firmware.errors import JournalReadOnly
from firmware.report import store as stores
from firmware.report.store import Inbound, Marks, Store


@pytest.fixture
def path(tmp_path):
    return tmp_path / "reporter.db"


def command(number=1):
    return Inbound("2026-11-23T08:15:30", "restart", b"\xff\x00", b"\x01", b'{"n":%d}' % number)


def test_marks_outlive_the_process_and_belong_to_a_journal(path) -> None:
    marks = Marks(41, frozenset({43, 44}), 40)
    with Store.open(path) as store:
        store.keep("aa", Marks(1, frozenset(), 0))
        store.keep("aa", marks)
    with Store.open(path) as store:
        assert (store.marks("aa"), store.marks("bb")) == (marks, Marks())


def test_commands_are_remembered_and_the_oldest_forgotten(path, monkeypatch) -> None:
    monkeypatch.setattr(stores, "INBOUND_ROWS", 3)
    with Store.open(path) as store:
        for number in range(5):
            store.note(command(number))
        assert store.inbound() == [command(2), command(3), command(4)]


@pytest.mark.parametrize("damage", [lambda content: b"nonsense" * 1000, lambda content: content[:5000]])
def test_a_damaged_store_is_set_aside_and_begun_anew(path, damage) -> None:
    with Store.open(path) as store:
        store.keep("aa", Marks(41))
        for number in range(100):
            store.note(command(number))
    path.write_bytes(damage(path.read_bytes()))
    with Store.open(path) as store:
        assert store.marks("aa") == Marks()
    assert path.with_name("reporter.db.damaged").exists()


def test_a_list_of_marks_that_is_none_costs_duplicates_and_no_more(path) -> None:
    with Store.open(path) as store:
        store.keep("aa", Marks(41, frozenset({43})))
        store._connection.execute("UPDATE mark SET ahead = x'00'")
        assert store.marks("aa") == Marks(41)


def test_a_directory_that_is_not_there_is_an_error_of_ours(path) -> None:
    shutil.rmtree(path.parent)
    with pytest.raises(JournalReadOnly):
        Store.open(path)
