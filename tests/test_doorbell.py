import threading

import pytest

from firmware.doorbell import Doorbell
from firmware.errors import JournalReadOnly


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bell"


def test_a_ring_is_heard_and_many_rings_are_one(path) -> None:
    with Doorbell.listen(path) as bell:
        assert not bell.wait(0)
        for _ in range(5):
            Doorbell.ring(path)
        assert bell.wait(5)
        assert not bell.wait(0)


def test_who_waits_is_woken(path) -> None:
    heard = []
    with Doorbell.listen(path) as bell:
        waiter = threading.Thread(target=lambda: heard.append(bell.wait(10)))
        waiter.start()
        Doorbell.ring(path)
        waiter.join()
    assert heard == [True]


def test_ringing_where_nobody_is_at_home_is_silent(path) -> None:
    Doorbell.ring(path)
    Doorbell.ring(path / "no" / "such")
    path.write_text("not a bell")
    Doorbell.ring(path)


def test_ringing_never_waits_for_who_does_not_listen(path) -> None:
    with Doorbell.listen(path) as bell:
        for _ in range(5000):
            Doorbell.ring(path)
        assert bell.wait(0)


def test_a_bell_left_by_a_dead_process_is_replaced(path) -> None:
    left = Doorbell.listen(path)
    with Doorbell.listen(path) as bell:
        Doorbell.ring(path)
        assert bell.wait(5)
    left.close()


def test_a_bell_may_hang_deep_in_the_tree(tmp_path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    with Doorbell.listen(deep / "bell") as bell:
        Doorbell.ring(deep / "bell")
        assert bell.wait(5)


def test_a_bell_that_cannot_be_hung_up_is_an_error_of_ours(tmp_path) -> None:
    with pytest.raises(JournalReadOnly):
        Doorbell.listen(tmp_path / "absent" / "bell")


def test_a_bell_may_be_taken_down_twice(path) -> None:
    bell = Doorbell.listen(path)
    bell.close()
    bell.close()
    assert not path.exists()
