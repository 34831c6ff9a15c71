import threading

import pytest

from firmware.errors import CardLost, ReaderMute
from firmware.nfc.worker import Worker


def test_a_call_is_made_in_the_workers_own_thread_and_its_value_handed_back():
    worker = Worker("test", lambda: None)
    name = worker.call(lambda: threading.current_thread().name, 5.0)
    worker.stop(5.0)
    assert name == "test"


def test_what_a_call_raises_is_raised_to_the_caller():
    def lose():
        raise CardLost("gone")

    worker = Worker("test", lambda: None)
    with pytest.raises(CardLost):
        worker.call(lose, 5.0)
    assert worker.usable
    worker.stop(5.0)


def test_a_worker_that_is_late_is_left_behind_and_cleans_up_when_it_comes_back():
    come_back, cleaned = threading.Event(), threading.Event()
    worker = Worker("test", cleaned.set)
    with pytest.raises(ReaderMute):
        worker.call(lambda: come_back.wait(10), 0.01)
    assert (worker.stuck, worker.usable, cleaned.is_set()) == (True, False, False)
    with pytest.raises(ReaderMute):
        worker.call(lambda: None, 0.01)
    come_back.set()
    assert cleaned.wait(5)
    worker.stop(5.0)
    assert not worker.stuck


def test_a_stopped_worker_has_cleaned_up_and_takes_no_more():
    cleaned = threading.Event()
    worker = Worker("test", cleaned.set)
    worker.stop(5.0)
    assert cleaned.is_set()
    with pytest.raises(ReaderMute):
        worker.call(lambda: None, 0.01)


def test_calls_of_many_threads_get_each_its_own_value():
    worker = Worker("test", lambda: None)
    values: dict[int, int] = {}

    def ask(number):
        values[number] = worker.call(lambda: number * number, 10.0)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worker.stop(5.0)
    assert values == {number: number * number for number in range(20)}
