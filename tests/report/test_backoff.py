from firmware.report.backoff import Backoff


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff(1.0, 5.0, draw=lambda: 1.0)
    assert [backoff.next() for _ in range(5)] == [1, 2, 4, 5, 5]
    backoff.reset()
    assert backoff.next() == 1


def test_half_of_a_pause_is_left_to_chance() -> None:
    assert Backoff(8.0, 8.0, draw=lambda: 0.0).next() == 4


def test_a_thousand_failures_are_no_overflow() -> None:
    backoff = Backoff(1.0, 60.0, draw=lambda: 1.0)
    assert {backoff.next() for _ in range(1000)} == {1, 2, 4, 8, 16, 32, 60}
