import pytest

from firmware.card.identity import Technology
from firmware.card.status import StatusWord
from firmware.errors import ConfigurationError
from simulator.cards.profiles import open_card
from simulator.memory import Memory
from simulator.sam import PSAM_NUMBER, Counting, Sam, SamState, open_sam
from tests.simulator.terminal import SELECT_SAM, Tap, demand, say

#: §4.2's 36 bytes made of the vectors of §3.5: random, sequence, amount, type 09, time, key version, algorithm, card.
MAC1_REQUEST = "8070000024A1B2C3D40007000000B4092026112308153001{}506009999990001801053910FFFFFFFF08"


def sam_at(sequence, **options):
    fresh = open_sam("transit")
    return Sam(fresh.identity, PSAM_NUMBER, Memory(SamState(sequence), "test"), **options)


def test_files_are_read_as_a_terminal_reads_them_at_start():
    sam = open_sam("transit")
    demand(sam, "00A40000023F00")
    read = [demand(sam, "00B095000A"), demand(sam, "00B0960006")]
    demand(sam, SELECT_SAM)
    read.append(demand(sam, "00B0970001"))
    assert read == [bytes.fromhex("00000000391000000123"), bytes.fromhex("391000000123"), b"\x01"]
    assert (sam.number, sam.terminal, sam.sequence) == ("00000000391000000123", "391000000123", 1)
    assert sam.identity.technology is Technology.CONTACT


def test_terminal_files_lie_in_the_master_file_only():
    sam = open_sam("transit")
    assert say(sam, "00B0970001") == (b"", StatusWord.FILE_NOT_FOUND)
    demand(sam, SELECT_SAM)
    assert say(sam, "00B0960006") == (b"", StatusWord.FILE_NOT_FOUND)


@pytest.mark.parametrize(
    ("algorithm", "mac1", "mac2"), [("00", "68BFC448", "900AE0A9"), ("04", "7FFAEEA8", "B713CCF6")]
)
def test_mac1_and_mac2_are_those_of_the_published_vectors(algorithm, mac1, mac2):
    sam = sam_at(0x0001E240)
    demand(sam, SELECT_SAM)
    assert demand(sam, MAC1_REQUEST.format(algorithm)) == bytes.fromhex("0001E240" + mac1)
    assert say(sam, "8072000004" + mac2) == (b"", StatusWord.OK)


def test_an_answer_waits_behind_61xx_and_is_fetched_in_one_or_in_parts():
    sam = sam_at(0x0001E240)
    demand(sam, SELECT_SAM)
    asked = (MAC1_REQUEST.format("00"), "00C0000009", "00C0000003", "00C0000005", "00C0000008")
    answered = ("6108", "6C08", "0001E26105", "4068BFC4489000", "6985")
    assert tuple(sam.answer(bytes.fromhex(apdu)).data for apdu in asked) == tuple(map(bytes.fromhex, answered))


def test_a_waiting_answer_is_lost_with_the_next_command():
    sam = open_sam("transit")
    sam.answer(bytes.fromhex(SELECT_SAM))
    demand(sam, "00B0970001")
    assert sam.answer(bytes.fromhex("00C0000004")).data == bytes.fromhex("6985")


def test_without_get_response_the_answer_comes_at_once():
    sam = sam_at(0x0001E240, get_response=False)
    sam.answer(bytes.fromhex(SELECT_SAM))
    assert sam.answer(bytes.fromhex(MAC1_REQUEST.format("00"))).data == bytes.fromhex("0001E24068BFC4489000")


@pytest.mark.parametrize(
    ("apdu", "status"),
    [
        (MAC1_REQUEST.format("01"), StatusWord.KEY_NOT_FOUND),
        (MAC1_REQUEST.format("00").replace("B409", "B405"), StatusWord.WRONG_DATA),
        (MAC1_REQUEST.format("00").replace("53001", "53002"), StatusWord.KEY_NOT_FOUND),
        ("807000001C" + "00" * 28, StatusWord.WRONG_LENGTH),
        ("8070010024" + "00" * 36, StatusWord.WRONG_P1_P2),
        ("807200000400000000", StatusWord.COMMAND_NOT_ACCEPTED),
        ("80720000020000", StatusWord.WRONG_LENGTH),
        ("801A4503101122334455667788" + "01053910FFFFFFFF", StatusWord.KEY_NOT_FOUND),
        ("801A270208" + "00" * 8, StatusWord.KEY_NOT_FOUND),
        ("801A450208" + "00" * 8, StatusWord.WRONG_LENGTH),
        ("80FA050010" + "00" * 16, StatusWord.COMMAND_NOT_ACCEPTED),
        ("00D6950001FF", StatusWord.INS_NOT_SUPPORTED),
        ("807000", StatusWord.WRONG_LENGTH),
        ("9070000001AA", StatusWord.CLA_NOT_SUPPORTED),
    ],
)
def test_what_the_module_does_not_do_is_refused_with_its_status_word(apdu, status):
    sam = open_sam("transit")
    demand(sam, SELECT_SAM)
    assert say(sam, apdu) == (b"", status)
    assert sam.sequence == 1


def test_purchases_need_the_directory_of_the_application():
    assert say(open_sam("transit"), MAC1_REQUEST.format("00")) == (b"", StatusWord.CONDITIONS_NOT_SATISFIED)


def sequences(counting, *steps):
    """The sequence that each 8070 gives, when `steps` say what follows it: a right, a wrong or no MAC2."""
    sam = sam_at(0x10, counting=counting)
    demand(sam, SELECT_SAM)
    given = []
    for step in steps:
        card = open_card("adult")
        tap = Tap(card, sam)
        for command in tap.steps[:-1]:
            command()
        given.append(int.from_bytes(tap.sequence, "big"))
        if step == "right":
            tap.credit()
        elif step == "wrong":
            assert say(sam, bytes.fromhex("8072000004") + bytes(4)) == (b"", StatusWord.MAC_INVALID)
    return given


def test_counting_at_the_credit_repeats_a_number_only_when_no_mac2_was_shown():
    assert sequences(Counting.AT_CREDIT, "right", "none", "none", "wrong", "right") == [0x10, 0x11, 0x11, 0x11, 0x12]


def test_counting_at_the_mac1_never_repeats_a_number():
    assert sequences(Counting.AT_INIT, "right", "none", "wrong", "right") == [0x10, 0x11, 0x12, 0x13]


def test_mac2_may_be_shown_again_until_the_next_8070_or_reset():
    sam = sam_at(0x10)
    tap = Tap(open_card("adult"), sam)
    tap.run()
    wrong = bytes.fromhex("8072000004") + bytes(4)
    assert say(sam, wrong) == (b"", StatusWord.MAC_INVALID)
    tap.credit()
    assert sam.sequence == 0x11
    sam.reset()
    demand(sam, SELECT_SAM)
    assert say(sam, bytes.fromhex("8072000004") + tap.mac2) == (b"", StatusWord.COMMAND_NOT_ACCEPTED)
    Tap(open_card("adult"), sam).run()
    assert say(sam, bytes.fromhex("8072000004") + tap.mac2) == (b"", StatusWord.MAC_INVALID)


@pytest.mark.parametrize("counting", Counting)
def test_the_sequence_goes_on_after_a_restart(tmp_path, counting):
    file = tmp_path / "sam.json"
    first = Tap(open_card("adult"), open_sam("transit", file, counting=counting)).run()
    second = Tap(open_card("adult"), open_sam("transit", file, counting=counting)).run()
    assert [first.sequence.hex(), second.sequence.hex()] == ["00000001", "00000002"]


def test_an_exhausted_sequence_ends_the_module():
    sam = sam_at(0xFFFFFFFF)
    demand(sam, SELECT_SAM)
    assert say(sam, MAC1_REQUEST.format("00")) == (b"", StatusWord.COUNTER_AT_MAXIMUM)


def test_the_block_mac_is_that_of_the_published_vectors():
    sam = open_sam("transit")
    demand(sam, SELECT_SAM)
    demand(sam, "801A450210506009999990001801053910FFFFFFFF")
    assert demand(sam, "80FA050010A1B2C3D400000000841E000004800000") == bytes.fromhex("24FC45C8")
    assert len(demand(sam, "80FA000008" + "00" * 8)) == 8
    assert say(sam, "80FA050008" + "00" * 8) == (b"", StatusWord.WRONG_LENGTH)
    assert say(sam, "80FA060010" + "00" * 16) == (b"", StatusWord.WRONG_P1_P2)


def test_another_module_has_another_number_and_terminal_number():
    other = open_sam("transit", number="00000000391000000456")
    assert (other.number, other.terminal) == ("00000000391000000456", "391000000456")


def test_a_profile_that_does_not_exist_is_answered_with_those_that_do():
    with pytest.raises(ConfigurationError, match="transit"):
        open_sam("social")
