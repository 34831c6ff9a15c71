"""ISO-DEP of the reader: exact frames, then the virtual card's own side of the standard, then anything at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.clock import ManualClock
from firmware.errors import CardError, CardLost, MalformedCardData, ReaderLost
from firmware.nfc.ats import LinkParameters
from firmware.nfc.isodep import IsoDep, activate_a, activate_b
from simulator.cards.port import Reply
from simulator.readers.isodep_card import IsoDepCard
from tests.nfc.air import FRAME_SECONDS, Air, Script
from tests.virtual_cards import TYPE_A, TYPE_B, EchoCard, ask, expected

FWT = 0.0387


def link(frame_size=256, waiting=FWT, guard=0.0):
    return LinkParameters(frame_size, waiting, guard, b"")


def scripted(*lines, **parameters):
    script = Script(list(lines))
    return script, IsoDep(script, link(**parameters), script.clock)


def test_one_command_is_one_block_each_way_and_numbers_alternate():
    script, card = scripted(("02 00A40000", "02 9000"), ("03 00B00000", "03 6A82"), ("02 00", "02 01"))
    assert [card.transmit(bytes.fromhex(command)) for command in ("00A40000", "00B00000", "00")] == [
        bytes.fromhex("9000"),
        bytes.fromhex("6A82"),
        b"\x01",
    ]
    assert script.lines == []
    assert script.waits == [FWT] * 3


def test_a_long_command_is_chained_within_the_cards_frame_size():
    first, second, third = bytes(13), bytes(13), b"\x01\x02"
    script, card = scripted(
        ("12" + first.hex(), "A2"), ("13" + second.hex(), "A3"), ("02" + third.hex(), "02 9000"), frame_size=16
    )
    assert card.transmit(first + second + third) == b"\x90\x00"
    assert script.lines == []


def test_a_command_that_just_fills_a_frame_is_not_chained():
    _, card = scripted(("02" + bytes(13).hex(), "02 9000"), frame_size=16)
    assert card.transmit(bytes(13)) == b"\x90\x00"


def test_a_long_answer_is_collected_and_each_block_acknowledged():
    _, card = scripted(("02 00B0", "12 AABB"), ("A3", "13 CC"), ("A2", "02 9000"))
    assert card.transmit(b"\x00\xb0") == bytes.fromhex("AABBCC9000")


def test_waiting_time_is_extended_at_any_block_and_only_for_the_next_one():
    script, card = scripted(
        ("02 00B0", "F2 03"), ("F2 03", "F2 C2"), ("F2 02", "12 AA"), ("A3", "F2 3B"), ("F2 3B", "03 9000")
    )
    assert card.transmit(b"\x00\xb0", 10.0) == bytes.fromhex("AA9000")
    assert script.waits == [FWT, 3 * FWT, 2 * FWT, FWT, pytest.approx(59 * FWT, abs=1e-3)]


def test_no_extension_goes_beyond_the_longest_waiting_time_of_the_standard():
    script, card = scripted(("02 00", "F2 3B"), ("F2 3B", "02 9000"), waiting=4.949)
    card.transmit(b"\x00", 100.0)
    assert script.waits == [4.949, pytest.approx(4.949, abs=1e-3)]


def test_silence_is_answered_by_r_nak_and_a_repeated_answer_is_taken():
    _, card = scripted(("02 00", None), ("B2", "02 9000"))
    assert card.transmit(b"\x00") == b"\x90\x00"


def test_a_command_that_never_arrived_is_sent_again():
    _, card = scripted(("02 00", None), ("B2", "A3"), ("02 00", "02 9000"))
    assert card.transmit(b"\x00") == b"\x90\x00"


def test_a_garbled_block_of_a_chained_answer_is_asked_for_by_the_same_r_ack():
    _, card = scripted(("02 00", "12 AA"), ("A3", ""), ("A3", None), ("A3", "03 9000"))
    assert card.transmit(b"\x00") == bytes.fromhex("AA9000")


def test_a_garbled_extension_request_is_asked_for_again():
    _, card = scripted(("02 00", "F2 3F"), ("B2", "F2 01"), ("F2 01", "02 9000"))
    assert card.transmit(b"\x00") == b"\x90\x00"


def test_after_two_repetitions_a_silent_card_is_lost_and_stays_lost():
    script, card = scripted(("02 00", None), ("B2", None), ("B2", None))
    with pytest.raises(CardLost):
        card.transmit(b"\x00")
    with pytest.raises(CardLost):
        card.transmit(b"\x00")
    assert not card.present()
    card.deselect()
    assert script.lines == []


@pytest.mark.parametrize("nonsense", ["", "FF", "03 9000", "C2", "B2"])
def test_a_card_that_talks_nonsense_is_asked_twice_more_and_then_malformed(nonsense):
    _, card = scripted(("02 00", nonsense), ("B2", nonsense), ("B2", nonsense))
    with pytest.raises(MalformedCardData):
        card.transmit(b"\x00")


def test_a_card_that_wants_the_same_block_for_ever_is_malformed():
    _, card = scripted(*[("02 00", "A3")] * 3)
    with pytest.raises(MalformedCardData):
        card.transmit(b"\x00")


def test_an_answer_in_the_middle_of_a_chained_command_is_malformed():
    _, card = scripted(("12" + bytes(13).hex(), "02 9000"), frame_size=16)
    with pytest.raises(MalformedCardData):
        card.transmit(bytes(20))


def test_an_acknowledgement_in_place_of_an_answer_is_malformed():
    _, card = scripted(("02 00", "A2"))
    with pytest.raises(MalformedCardData):
        card.transmit(b"\x00")


def test_a_chain_of_empty_blocks_is_malformed():
    _, card = scripted(("02 00", "12"))
    with pytest.raises(MalformedCardData):
        card.transmit(b"\x00")


def test_a_card_that_asks_for_time_for_ever_ends_at_the_deadline():
    clock = ManualClock()

    def frames(frame, seconds):
        clock.advance(seconds / 2)
        return b"\xf2\x01"

    with pytest.raises(CardLost):
        IsoDep(frames, link(), clock).transmit(b"\x00", 2.0)
    assert 2.0 <= clock.monotonic() < 2.1


def test_a_card_that_asks_for_time_for_ever_without_taking_any_is_malformed():
    with pytest.raises(MalformedCardData):
        IsoDep(lambda frame, seconds: b"\xf2\x01", link(), ManualClock()).transmit(b"\x00")


def test_no_wait_is_longer_than_what_is_left_of_the_deadline():
    script, card = scripted(("02 00", "F2 3B"), ("F2 3B", None))
    with pytest.raises(CardLost):
        card.transmit(b"\x00", 1.0)
    assert script.waits == [FWT, 1.0]


def test_the_guard_time_of_a_card_is_kept_before_its_first_command():
    script, card = scripted(("02 00", "02 9000"), guard=0.5)
    assert card.present()
    card.transmit(b"\x00")
    assert script.clock.monotonic() == 0.5


def test_a_reader_that_is_lost_in_mid_command_is_the_readers_fault():
    def frames(frame, seconds):
        raise ReaderLost("unplugged")

    card = IsoDep(frames, link(), ManualClock())
    with pytest.raises(ReaderLost):
        card.transmit(b"\x00")


def test_presence_is_asked_by_r_nak_twice_and_a_deselected_card_is_gone():
    script, card = scripted(("B2", "A3"), ("B2", None), ("B2", "A3"), ("B2", None), ("B2", None), ("C2", "C2"))
    assert [card.present(), card.present(), card.present()] == [True, True, False]
    card.deselect()
    assert not card.present()
    assert script.lines == []


def test_a_presence_question_never_takes_long():
    script, card = scripted(("B2", "A3"), waiting=4.9)
    assert card.present()
    assert script.waits == [0.1]


def test_activation_of_type_a_sends_rats_again_when_it_is_not_answered():
    script = Script([("E080", None), ("E080", "05 78 80 70 02"), ("02 00", "02 9000")])
    assert activate_a(script, script.clock).transmit(b"\x00") == b"\x90\x00"


def test_activation_of_type_b_sends_attrib_for_the_pupi():
    script = Script([("1D 11223344 00 08 01 00", "00"), ("02 00", "02 9000")])
    card = activate_b(script, bytes.fromhex("50 11223344 A1A2A3A4 00 81 70"), script.clock)
    assert card.transmit(b"\x00") == b"\x90\x00"
    assert card.link.historical == bytes.fromhex("A1A2A3A4008170")


@pytest.mark.parametrize("answer", ["01", "0F"])
def test_activation_of_type_b_under_another_cid_is_malformed(answer):
    script = Script([("1D 11223344 00 08 01 00", answer)])
    with pytest.raises(MalformedCardData):
        activate_b(script, bytes.fromhex("50 11223344 A1A2A3A4 00 81 70"), script.clock)


def test_a_card_that_ignores_rats_is_lost():
    script = Script([("E080", None)] * 3)
    with pytest.raises(CardLost):
        activate_a(script, script.clock)


# The virtual card's side is written from the standard and not from ours: the two check each other.


def meet(card, lost=frozenset(), **card_parameters):
    side = IsoDepCard(card, **card_parameters)
    air = Air(side)
    reader = activate_b(air, side.atqb, air.clock) if card.identity is TYPE_B else activate_a(air, air.clock)
    air.frames, air.lost = 0, lost
    return air, reader


@pytest.mark.parametrize("identity", [TYPE_A, TYPE_B], ids=["A", "B"])
@pytest.mark.parametrize("fsci", [0, 2, 8])
def test_commands_and_answers_of_every_length_pass_whole(identity, fsci):
    if identity is TYPE_B:
        fsci = 8  # told by the card's own protocol info
    _, reader = meet(EchoCard(identity), fsci=fsci)
    for size in (0, 1, 12, 13, 14, 250, 251, 252, 253, 254, 600, 65_535):
        assert reader.transmit(ask(size), 60.0) == expected(ask(size))
    for command in (bytes(4), bytes(13), bytes(14), bytes(253), bytes(254), bytes(1000)):
        assert reader.transmit(command, 60.0) == expected(command)


@given(st.frozensets(st.integers(0, 12), max_size=13), st.integers(1, 600), st.integers(1, 600))
def test_whatever_frames_get_lost_the_card_obeys_at_most_once_and_the_answer_is_whole_or_the_card_lost(
    lost, command_size, answer_size
):
    card = EchoCard()
    _, reader = meet(card, lost)
    command = ask(answer_size) + bytes(command_size)
    try:
        answer = reader.transmit(command)
    except CardLost:
        assert card.commands in ([], [command])
    else:
        assert (answer, card.commands) == (expected(command), [command])


@given(st.integers(0, 7))
def test_any_single_lost_frame_is_recovered(number):
    card = EchoCard()
    _, reader = meet(card, frozenset({number}))
    assert reader.transmit(ask(300)) == expected(ask(300))
    assert card.commands == [ask(300)]


class Slow(EchoCard):
    """Takes its time, and says so."""

    def __init__(self, waits, seconds):
        super().__init__()
        self._reply = (waits, seconds)

    def answer(self, apdu):
        return Reply(super().answer(apdu).data, *self._reply)


@pytest.mark.parametrize(("waits", "seconds"), [(1, 0.0), (5, 0.0), (59, 0.0), (0, 0.5), (3, 1.5)])
def test_a_slow_card_gets_the_time_it_asks_for(waits, seconds):
    air, reader = meet(Slow(waits, seconds))
    assert reader.transmit(ask(600)) == expected(ask(600))
    assert air.clock.monotonic() >= seconds


def test_a_mute_card_is_lost_after_three_waiting_times():
    air, reader = meet(Slow(0, float("inf")))
    before = air.clock.monotonic()
    with pytest.raises(CardLost):
        reader.transmit(ask(1))
    assert air.clock.monotonic() - before == pytest.approx(3 * 0.0773, abs=0.001)


def test_presence_changes_nothing_between_commands():
    _, reader = meet(EchoCard())
    for size in (1, 300, 2, 2):
        assert reader.present()
        assert reader.transmit(ask(size)) == expected(ask(size))


frames_of_any_kind = st.one_of(
    st.none(),
    st.binary(max_size=8),
    st.sampled_from([bytes.fromhex(known) for known in ("A2", "A3", "B2", "F201", "F23B", "C2", "12AA", "13AA")]),
    st.builds(lambda pcb, inf: bytes((pcb,)) + inf, st.sampled_from([2, 3, 0x12, 0x13]), st.binary(max_size=60)),
)


@given(st.lists(frames_of_any_kind, min_size=1, max_size=30), st.binary(max_size=600), st.floats(0.05, 3.0))
def test_whatever_blocks_the_card_sends_transmit_ends_in_bytes_or_card_error_within_its_deadline(
    answers, command, seconds
):
    clock = ManualClock()
    turn = 0

    def frames(frame, waiting):
        nonlocal turn
        answer = answers[turn % len(answers)]
        turn += 1
        clock.advance(waiting if answer is None else min(waiting, FRAME_SECONDS))
        if answer is None:
            raise CardLost("silence")
        return answer

    card = IsoDep(frames, link(frame_size=64), clock)
    try:
        assert isinstance(card.transmit(command, seconds), bytes)
    except CardError:
        assert not card.present()
    assert clock.monotonic() <= seconds + FRAME_SECONDS


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_whatever_a_card_answers_to_activation_it_is_active_or_a_card_error(ats, atqb):
    for activate in (lambda: activate_a(lambda *_: ats), lambda: activate_b(lambda *_: ats, atqb)):
        try:
            activate()
        except CardError:
            continue
