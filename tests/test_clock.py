import threading
from datetime import UTC, datetime, timedelta

from firmware.clock import BUILD_FLOOR, CHINA, ManualClock, SystemClock, local_text, utc_text


def test_local_time_is_that_of_china_without_a_zone():
    assert local_text(datetime(2026, 11, 23, 16, 0, 1, tzinfo=UTC)) == "2026-11-24T00:00:01"


def test_event_time_is_utc_with_milliseconds():
    assert utc_text(datetime(2026, 11, 24, 0, 0, 1, 2999, tzinfo=CHINA)) == "2026-11-23T16:00:01.002Z"


def test_the_system_clock_tells_aware_time_in_china_and_never_goes_back():
    clock = SystemClock()
    first, second = clock.monotonic(), clock.monotonic()
    assert (clock.now().utcoffset(), first <= second) == (timedelta(hours=8), True)


def test_a_wait_ends_at_once_when_the_event_is_set():
    event = threading.Event()
    event.set()
    assert SystemClock().wait(event, 60)


def test_a_manual_clock_moves_both_times_and_only_when_told_to():
    clock = ManualClock(wall=BUILD_FLOOR)
    still = (clock.now(), clock.monotonic())
    unset = clock.wait(threading.Event(), 1.5)
    assert (still, unset, clock.now(), clock.monotonic()) == (
        (BUILD_FLOOR, 0.0),
        False,
        BUILD_FLOOR + timedelta(seconds=1.5),
        1.5,
    )


def test_a_manual_clock_is_trusted_as_the_test_wants():
    assert [ManualClock().trusted(), ManualClock(is_trusted=False).trusted()] == [True, False]
