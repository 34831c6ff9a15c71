"""Whole taps: what each card comes to, in how many commands, and that no forged card passes."""

from contextlib import suppress
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.card.apdu import Command
from firmware.card.exchange import Signal, Target
from firmware.errors import CardError, SamError
from firmware.panel.screen import TextScreen
from simulator.cards.port import Reply
from simulator.cards.profiles import open_card
from simulator.faults import Change, Fault, FaultyCard, Mute, wrong_mac
from simulator.sam import open_sam
from tests.transit.world import World

PROFILES = {
    "adult": ("paid", None, 200),
    "student": ("paid", None, 100),
    "senior": ("paid", None, 0),
    "foreign": ("paid", None, 200),
    "empty": ("refused", "insufficient", None),
    "expired": ("refused", "expired", None),
    "old-purse": ("refused", "not-a-transit-card", None),
}


@pytest.mark.parametrize("profile", PROFILES)
def test_each_card_comes_to_its_outcome(profile) -> None:
    world = World(open_card(profile))
    before = world.card.balance
    world.tap()
    (event,) = world.events()
    assert (event.outcome, event.reason, event.amount_fen) == PROFILES[profile]
    assert before - world.card.balance == (event.amount_fen or 0)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("profile", PROFILES)
def test_whatever_a_tap_shows_has_a_text_with_all_its_values(profile, language) -> None:
    world = World(open_card(profile))
    world.tap()
    (view,) = world.views
    assert TextScreen(StringIO(), language).lines(view)


def test_an_ordinary_tap_costs_six_card_commands_and_two_psam_commands() -> None:
    world = World()
    world.tap()
    targets = [target for target, _ in world.sent]
    assert (targets.count(Target.CARD), targets.count(Target.SAM)) == (6, 2)


def test_a_card_tapped_again_at_once_sees_its_result_again_and_pays_nothing() -> None:
    world = World()
    world.tap()
    world.tap()
    assert world.views[0] == world.views[1]
    assert (world.card.balance, len(world.events())) == (4800, 1)
    world.pass_time(3)
    world.tap()
    assert world.card.balance == 4600


def test_a_wrong_mac2_is_red_and_the_card_stays_out() -> None:
    card = open_card("adult")
    world = World(FaultyCard(card, [Fault(Change(wrong_mac), instruction=0x54)]))
    world.tap()
    assert [view.signal for view in world.views] == [Signal.REFUSE]
    world.pass_time(10)
    world.tap()
    assert [event.outcome for event in world.events()] == ["mac2-bad", "refused"]
    assert world.events()[1].reason == "grey-listed"
    assert [alarm.code for alarm in world.events("alarm")] == ["mac2-bad"]


def test_a_psam_that_falls_silent_after_the_debit_lets_the_passenger_pass_with_an_alarm() -> None:
    world = World(sam=FaultyCard(open_sam("transit"), [Fault(Mute(), instruction=0x72)]))
    world.tap()
    assert [view.signal for view in world.views] == [Signal.PASS]
    assert [event.outcome for event in world.events()] == ["mac2-unverified"]
    assert [alarm.code for alarm in world.events("alarm")] == ["mac2-unverified"]


class Liar:
    """Answers 9000 and whatever bytes it is given to everything but SELECT and the reads, where it copies a card."""

    def __init__(self, answers):
        self._copied = open_card("adult")
        self._answers = iter(answers)
        self.identity = self._copied.identity
        self.balance = 0

    def reset(self):
        pass

    def answer(self, apdu):
        if Command.from_bytes(apdu).ins in (0xA4, 0xB0, 0xB2):
            return self._copied.answer(apdu)
        return Reply(next(self._answers, b"\0" * 15) + b"\x90\x00")


@given(st.lists(st.binary(max_size=20), max_size=8))
def test_a_card_that_answers_9000_and_any_bytes_never_passes(answers) -> None:
    world = World(Liar(answers))
    for _ in range(3):
        with suppress(CardError, SamError):
            world.tap()
        world.pass_time(10)
    assert all(view.signal is not Signal.PASS for view in world.views)


@given(st.lists(st.binary(min_size=1, max_size=12), min_size=1, max_size=4))
def test_whatever_bytes_the_psam_answers_a_tap_ends_in_an_outcome_or_an_error_of_ours(answers) -> None:
    given_answers = iter(answers * 4)
    lie = Fault(Change(lambda _answer: next(given_answers)), instruction=0x70, times=None)
    world = World(sam=FaultyCard(open_sam("transit"), [lie]))
    with suppress(CardError, SamError):
        world.tap()
    assert world.card.balance == 5000
    assert all(view.signal is not Signal.PASS for view in world.views)
