"""Stop the debit after every yield, in every way, and tap again: card, journal and messages agree."""

from itertools import pairwise

import pytest

from firmware.card.exchange import RowKind, Send, Signal, Target
from firmware.errors import CardLost
from firmware.transit.states import MOVES, DebitState
from simulator.cards.profiles import open_card
from tests.transit.world import World

MOVED = ("paid", "recovered", "recovered-unproven", "mac2-unverified")
#: More than an ordinary tap yields; the loop itself asserts that it reached the end.
ENOUGH = 40


def effects_of_a_tap():
    world, count = World(), 0
    conversation, result = world.conversation(), None
    while True:
        try:
            result = world.perform(conversation.send(result))
        except StopIteration:
            return count
        count += 1


COUNT = effects_of_a_tap()


def stop_at(world, stop, *, performed):
    """Run up to an effect, perform it or not, and close the conversation: the power is gone."""
    conversation, result = world.conversation(), None
    for number in range(stop + 1):
        effect = conversation.send(result)
        if number < stop or performed:
            result = world.perform(effect)
    conversation.close()
    return effect


def lose_at(world, stop, *, obeyed):
    """Run to the end, losing one command or its answer; False when that effect speaks to no card."""
    conversation, result, error = world.conversation(), None, None
    spoke = False
    for number in range(ENOUGH):
        try:
            effect = conversation.throw(error) if error else conversation.send(result)
        except (StopIteration, CardLost):
            return spoke
        result, error = None, None
        if number == stop and isinstance(effect, Send) and effect.target is Target.CARD:
            spoke, error = True, CardLost("torn")
            if obeyed:
                world.perform(effect)
        else:
            result = world.perform(effect)
    raise AssertionError("the tap does not end")


def assert_all_agree(world):
    assert world.card.balance == 4800
    assert world.card.offline_sequence == 1
    assert world.views[-1].signal is Signal.PASS
    moved = [event for event in world.events() if event.outcome in MOVED]
    assert [(event.amount_fen, event.balance_before_fen, event.balance_after_fen) for event in moved] == [
        (200, 5000, 4800)
    ]
    assert {event.outcome for event in world.events()} <= {*MOVED, "in-doubt", "void"}
    for transaction in {entry.transaction for entry in world.entries}:
        assert_legal([entry for entry in world.entries if entry.transaction == transaction])


def assert_legal(rows):
    states = [DebitState(row.state) for row in rows if row.kind is not RowKind.NOTE]
    assert states[:1] in ([], [DebitState.INTENDED])
    for before, after in pairwise(states):
        assert after == before or after in MOVES[before]


@pytest.mark.parametrize("late", [False, True], ids=["written at once", "written late"])
@pytest.mark.parametrize("performed", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("algorithm", ["3DES", "SM4"])
def test_a_power_cut_at_any_moment_charges_once_and_tells_once(algorithm, performed, late) -> None:
    assert 10 < COUNT < ENOUGH
    for stop in range(COUNT):
        world = World(open_card("adult", algorithm=algorithm), late=late)
        stop_at(world, stop, performed=performed)
        world.restart()
        world.tap()
        assert_all_agree(world)


@pytest.mark.parametrize("performed", [False, True], ids=["before", "after"])
def test_a_second_power_cut_at_any_moment_of_the_recovery_changes_nothing(performed) -> None:
    for stop in range(COUNT):
        for again in range(12):
            world = World()
            stop_at(world, stop, performed=performed)
            world.restart()
            try:
                stop_at(world, again, performed=performed)
            except StopIteration:
                continue
            world.restart()
            world.tap()
            assert_all_agree(world)


@pytest.mark.parametrize("obeyed", [False, True], ids=["command lost", "answer lost"])
@pytest.mark.parametrize("algorithm", ["3DES", "SM4"])
def test_a_card_torn_at_any_command_is_charged_once_and_passes_at_its_next_tap(algorithm, obeyed) -> None:
    spoke = 0
    for stop in range(COUNT):
        world = World(open_card("adult", algorithm=algorithm))
        if lose_at(world, stop, obeyed=obeyed):
            spoke += 1
            assert all(view.signal is not Signal.PASS for view in world.views)
            world.tap()
            assert_all_agree(world)
    assert spoke == 6


def test_other_cards_are_served_while_one_is_in_doubt() -> None:
    world = World()
    debit = next(number for number in range(COUNT) if is_debit(number))
    assert lose_at(world, debit, obeyed=True)
    first = world.card
    world.card = open_card("student")
    world.tap()
    assert world.events()[-1].outcome == "paid"
    world.card = first
    world.tap()
    assert [event.outcome for event in world.events()] == ["in-doubt", "paid", "recovered-unproven"]
    assert first.balance == 4800


def is_debit(number):
    effect = stop_at(World(), number, performed=False)
    return isinstance(effect, Send) and effect.moves_money
