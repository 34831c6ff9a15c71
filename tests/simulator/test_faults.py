from math import inf

import pytest

from simulator.cards.port import Reply
from simulator.faults import (
    Change,
    Cut,
    Extend,
    Fault,
    FaultyCard,
    Fetch,
    LeaveAfter,
    LeaveBefore,
    Mute,
    Pretend,
    Slow,
    WrongLe,
    wrong_mac,
)
from tests.virtual_cards import EchoCard, ask, expected

COMMAND, ANSWER = ask(3), bytes.fromhex("0001029000")


@pytest.mark.parametrize(
    ("effect", "reply", "obeyed"),
    [
        (LeaveBefore(), Reply(None), False),
        (LeaveAfter(), Reply(None), True),
        (Cut(2), Reply(ANSWER, cut=2), True),
        (Slow(0.5), Reply(ANSWER, seconds=0.5), True),
        (Extend(7), Reply(ANSWER, waits=7), True),
        (Mute(), Reply(b"", seconds=inf), False),
        (Mute(obeys=True), Reply(b"", seconds=inf), True),
        (WrongLe(0x14), Reply(bytes.fromhex("6C14")), False),
        (Change(wrong_mac), Reply(bytes.fromhex("0001039000")), True),
        (Pretend(bytes.fromhex("AABBCCDD9000")), Reply(bytes.fromhex("AABBCCDD9000")), False),
        (Fetch(), Reply(bytes.fromhex("6103")), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_effect_answers_as_it_says_and_the_card_has_obeyed_or_not(effect, reply, obeyed):
    card = EchoCard()
    faulty = FaultyCard(card, [Fault(effect)])
    assert (faulty.answer(COMMAND), card.commands) == (reply, [COMMAND] if obeyed else [])
    assert faulty.identity is card.identity


def test_without_a_plan_a_card_is_what_it_is():
    card = EchoCard()
    faulty = FaultyCard(card)
    faulty.reset()
    assert (faulty.answer(COMMAND), card.resets) == (Reply(ANSWER), 1)


def test_announced_data_are_fetched_by_get_response_once():
    faulty = FaultyCard(EchoCard(), [Fault(Fetch())])
    get_response = bytes.fromhex("00C0000003")
    answers = [faulty.answer(command).data for command in (COMMAND, get_response, get_response)]
    assert answers == [bytes.fromhex("6103"), ANSWER, expected(get_response)]


def test_a_command_is_meant_by_its_number_its_instruction_or_both():
    left = [
        [
            faulty.answer(command).data is None
            for faulty in [FaultyCard(EchoCard(), [Fault(LeaveBefore(), number, instruction, times=None)])]
            for command in (b"\0\xa4\0\0", b"\0\xb0\0\0", b"\0\xb0\0\0")
        ]
        for number, instruction in ((2, None), (None, 0xB0), (3, 0xB0), (1, 0xB0), (None, None))
    ]
    assert left == [
        [False, True, False],
        [False, True, True],
        [False, False, True],
        [False, False, False],
        [True, True, True],
    ]


def test_commands_are_counted_anew_at_each_power_up_but_a_fault_strikes_only_as_often_as_planned():
    faulty = FaultyCard(EchoCard(), [Fault(LeaveBefore(), number=1, times=2)])
    struck = []
    for _ in range(3):
        faulty.reset()
        struck.append([faulty.answer(COMMAND).data is None for _ in range(2)])
    assert struck == [[True, False], [True, False], [False, False]]


def test_the_first_fault_that_is_meant_strikes_and_then_the_next():
    faulty = FaultyCard(EchoCard(), [Fault(Pretend(b"\x6a\x82")), Fault(Pretend(b"\x6a\x83"))])
    assert [faulty.answer(COMMAND).data for _ in range(3)] == [b"\x6a\x82", b"\x6a\x83", ANSWER]


def test_a_wrong_mac_changes_no_status_word():
    assert wrong_mac(b"\x90\x00") == b"\x90\x00"
