"""Selection and reading as ISO 7816-4 has them, on the purse card's files."""

import pytest

from firmware.card.status import StatusWord
from simulator.cards.profiles import open_card
from tests.simulator.terminal import SELECT_PURSE, demand, say


@pytest.fixture
def card():
    device = open_card("adult")
    demand(device, SELECT_PURSE)
    return device


@pytest.mark.parametrize(
    ("apdu", "status"),
    [
        ("00A4040404A0000006", StatusWord.WRONG_P1_P2),
        ("00A4020002001A", StatusWord.WRONG_P1_P2),
        ("00A4040004A0000006", StatusWord.FILE_NOT_FOUND),
        ("00A4040008A000000632010106", StatusWord.FILE_NOT_FOUND),
        ("00A40000023F01", StatusWord.FILE_NOT_FOUND),
        ("00A40000033F0000", StatusWord.WRONG_LENGTH),
        ("00B0B5001E", StatusWord.WRONG_P1_P2),
        ("00B0910001", StatusWord.FILE_NOT_FOUND),
        ("00B0980001", 0x6981),
        ("00B2019C01", StatusWord.FILE_NOT_FOUND),
        ("00B201AC1E", 0x6981),
        ("00B201D200", StatusWord.WRONG_P1_P2),
        ("00B200D400", StatusWord.RECORD_NOT_FOUND),
        ("00B0000001", 0x6986),
        ("00B0951E01", 0x6B00),
        ("00B095001F", 0x6C1E),
        ("00B201D481", 0x6C80),
        ("00B0950001AA", StatusWord.WRONG_LENGTH),
    ],
)
def test_what_cannot_be_selected_or_read_is_refused_with_its_status_word(card, apdu, status):
    assert say(card, apdu) == (b"", status)


def test_a_name_may_be_shortened(card):
    assert demand(card, "00A4040005A000000632") == demand(card, SELECT_PURSE)


def test_a_file_is_read_whole_in_part_and_from_an_offset(card):
    whole = demand(card, "00B0950000")
    assert len(whole) == 30
    assert [demand(card, "00B0950A0A"), demand(card, "00B0951800")] == [whole[10:20], whole[24:]]


def test_a_selected_file_is_the_current_one_until_a_directory_is_selected(card):
    assert demand(card, "00A40000020015") == b""
    assert demand(card, "00B000000A") == demand(card, "00B095000A")
    demand(card, SELECT_PURSE)
    assert say(card, "00B000000A") == (b"", 0x6986)


def test_directories_are_selected_by_identifier_too(card):
    root = demand(card, "00A40000023F00")
    assert root == demand(card, "00A404000E325041592E5359532E4444463031")
    assert say(card, "00B095001E") == (b"", StatusWord.FILE_NOT_FOUND)
    assert demand(card, "00A40000021001") == demand(card, SELECT_PURSE)


def test_a_failed_selection_leaves_the_application_selected(card):
    say(card, "00A4040008A000000632010106")
    assert len(demand(card, "805C030204")) == 4


def test_reset_leads_back_to_the_root(card):
    card.reset()
    assert say(card, "805C030204") == (b"", StatusWord.CONDITIONS_NOT_SATISFIED)


def test_an_extended_apdu_is_understood(card):
    assert demand(card, "00B09500000000") == demand(card, "00B095001E")
