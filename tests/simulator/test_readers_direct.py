import pytest

from firmware.clock import ManualClock
from firmware.errors import CardLost, ConfigurationError, ReaderLost, ReaderMute
from simulator.faults import Cut, Fault, FaultyCard, LeaveAfter, LeaveBefore, Mute, Slow
from simulator.readers.direct import DirectReader, open_reader
from tests.virtual_cards import CONTACT, TYPE_B, EchoCard, ask, expected


def lying(card):
    return DirectReader("sim:test", card, ManualClock())


def test_a_card_lies_there_and_answers_until_it_is_taken():
    reader = lying(EchoCard(TYPE_B))
    card = reader.poll(0)
    assert (card.identity, card.transmit(ask(9)), card.present()) == (TYPE_B, expected(ask(9)), True)
    reader.take()
    assert (card.present(), reader.poll(0)) == (False, None)
    with pytest.raises(CardLost):
        card.transmit(ask(1))


def test_each_look_powers_the_card_anew_and_ends_the_look_before():
    echo = EchoCard()
    reader = lying(echo)
    before, after = reader.poll(0), reader.poll(0)
    assert (before.present(), after.present(), echo.resets) == (False, True, 3)


@pytest.mark.parametrize("effect", [LeaveBefore(), LeaveAfter(), Cut()])
def test_a_card_that_leaves_is_lost_and_does_not_lie_there_any_more(effect):
    reader = lying(FaultyCard(EchoCard(), [Fault(effect)]))
    with pytest.raises(CardLost):
        reader.poll(0).transmit(ask(1))
    assert reader.poll(0) is None


def test_a_slow_card_takes_its_time_and_one_that_takes_too_long_is_lost():
    clock = ManualClock()
    reader = DirectReader("sim:test", FaultyCard(EchoCard(), [Fault(Slow(0.5)), Fault(Slow(3.0))]), clock)
    card = reader.poll(0)
    assert (card.transmit(ask(1)), clock.monotonic()) == (expected(ask(1)), 0.5)
    with pytest.raises(CardLost):
        card.transmit(ask(1), 2.0)
    assert clock.monotonic() == 2.5


def test_a_mute_secure_module_is_a_mute_reader_until_it_is_powered_anew():
    reader = lying(FaultyCard(EchoCard(CONTACT), [Fault(Mute())]))
    with pytest.raises(ReaderMute):
        reader.poll(0).transmit(ask(1))
    assert reader.poll(0).transmit(ask(1)) == expected(ask(1))


def test_an_empty_reader_waits_as_long_as_it_is_asked_to():
    clock = ManualClock()
    assert DirectReader("sim:test", clock=clock).poll(0.25) is None
    assert clock.monotonic() == 0.25


def test_a_closed_reader_is_lost_and_closes_twice():
    reader = lying(EchoCard())
    reader.close()
    reader.close()
    with pytest.raises(ReaderLost):
        reader.poll(0)


def test_a_url_names_a_card_profile_or_a_secure_module_profile():
    for profile in ("adult", "transit"):
        reader = open_reader(f"sim:{profile}")
        assert reader.name == f"sim:{profile}"
        assert len(reader.poll(0).transmit(bytes.fromhex("00A4000000"))) >= 2
        reader.close()


def test_a_profile_that_does_not_exist_is_a_configuration_error_that_tells_which_do():
    with pytest.raises(ConfigurationError, match=r"nobody.*adult.*transit"):
        open_reader("sim:nobody")
