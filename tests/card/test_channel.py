from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.card.apdu import Command, Response
from firmware.card.channel import FollowingChannel, ObservedChannel, RawChannel
from firmware.card.exchange import Target
from firmware.card.selection import PPSE, Selected, select, select_first
from firmware.card.status import StatusWord
from firmware.errors import CardLost, MalformedCardData
from firmware.runner import Runner

READ = Command(0x00, 0xB0, 0x95, 0x00, le=30)


@dataclass
class Card:
    """Answers from a list and keeps what it was sent."""

    answers: list
    sent: list = field(default_factory=list)

    def exchange(self, apdu):
        self.sent.append(apdu.hex().upper())
        return bytes.fromhex(self.answers.pop(0))


def follow(card, command=READ):
    return FollowingChannel(RawChannel(card.exchange)).transmit(command)


def test_an_ordinary_answer_is_passed_on():
    card = Card(["AABB9000"])
    assert (follow(card), card.sent) == (Response(b"\xaa\xbb", StatusWord.OK), ["00B095001E"])


def test_announced_data_is_fetched_and_put_together():
    card = Card(["01026103", "0304056100", "069000"])
    assert (follow(card), card.sent) == (
        Response(bytes([1, 2, 3, 4, 5, 6]), StatusWord.OK),
        ["00B095001E", "00C0000003", "00C0000000"],
    )


def test_get_response_goes_to_the_same_logical_channel_but_without_the_class_of_the_command():
    card = Card(["6104", "AABBCCDD9000"])
    follow(card, Command(0x83, 0x50, 0x03, 0x02, b"\1", 15))
    assert card.sent == ["8350030201010F", "03C0000004"]


def test_a_corrected_length_is_used_and_what_it_announces_is_fetched_too():
    card = Card(["6C05", "01026101", "039000"])
    assert (follow(card), card.sent) == (
        Response(b"\1\2\3", StatusWord.OK),
        ["00B095001E", "00B0950005", "00C0000001"],
    )


def test_a_length_is_corrected_once_only():
    card = Card(["6C05", "6C06"])
    assert follow(card) == Response(b"", StatusWord(0x6C06))


def test_a_correction_to_zero_means_256():
    card = Card(["6C00", "9000"])
    follow(card)
    assert card.sent == ["00B095001E", "00B0950000"]


def test_an_answer_without_an_end_is_refused():
    card = Card(["AA61FF"] * 100)
    with pytest.raises(MalformedCardData, match="without an end"):
        follow(card)


@given(st.lists(st.binary(min_size=0, max_size=20), min_size=80, max_size=80))
def test_any_answers_end_in_a_response_or_malformed_card_data(answers):
    try:
        response = follow(Card([answer.hex() for answer in answers]))
    except MalformedCardData:
        return
    assert isinstance(response, Response)


def test_an_observer_sees_responses_and_errors():
    seen = []
    failures = iter([Response(b"\1", StatusWord.OK), CardLost("gone")])

    class Inner:
        def transmit(self, command):
            found = next(failures)
            if isinstance(found, Exception):
                raise found
            return found

    channel = ObservedChannel(Inner(), lambda command, result: seen.append((str(command), str(result))))
    first = channel.transmit(READ)
    with pytest.raises(CardLost):
        channel.transmit(READ)
    assert (first.data, seen) == (b"\1", [("00B095001E", str(first)), ("00B095001E", "gone")])


PURSE, OTHER = bytes.fromhex("A000000632010105"), bytes.fromhex("A000000632010106")


def select_on(answers, *aids):
    card = Card(answers)
    return Runner(card=RawChannel(card.exchange)).run(select_first(aids)), card.sent


def test_the_first_application_that_the_card_has_is_selected():
    found, sent = select_on(["6A82", "6F009000"], PURSE, OTHER)
    assert (found, sent) == (
        Selected(OTHER, Response(b"\x6f\x00", StatusWord.OK)),
        ["00A4040008A00000063201010500", "00A4040008A00000063201010600"],
    )


def test_a_blocked_application_is_found_and_says_so():
    found, _ = select_on(["6283"], PURSE, OTHER)
    assert found == Selected(PURSE, Response(b"", StatusWord.APPLICATION_BLOCKED))


def test_a_card_without_any_of_the_applications_has_none():
    assert select_on(["6A82", "6A82"], PURSE, OTHER)[0] is None


def test_the_payment_environment_is_selected_by_its_name():
    assert select(PPSE).to_bytes() == b"\x00\xa4\x04\x00\x0e2PAY.SYS.DDF01\x00"


def test_a_selection_asks_the_card_only():
    effect = next(select_first([PURSE]))
    assert (effect.target, effect.moves_money) == (Target.CARD, False)
