import pytest

from firmware.card.identity import CardIdentity, Technology
from firmware.card.status import StatusWord
from firmware.errors import ConfigurationError
from firmware.masks import CardNumber
from simulator.cards.profiles import DENIED_CARD_NUMBER, PROFILES, open_card
from tests.simulator.terminal import SELECT_PURSE, demand, say

#: File 15 (§1.4) up to the number, and the dates behind it.
FUZHOU, SHANGHAI = "01053910FFFFFFFF0201", "02002900FFFFFFFF0201"
DATES = "20200101" + "20491231" + "0000"
#: profile → file 15, the head of file 17 (§1.6), balance
CARDS = {
    "adult": (FUZHOU + "03105060099999900018" + DATES, "000001563900391000" + "0101", 5000),
    "student": (FUZHOU + "03105060099999900026" + DATES, "000001563900391000" + "0102", 3000),
    "senior": (FUZHOU + "03105060099999900034" + DATES, "000001563900391000" + "0103", 2000),
    "empty": (FUZHOU + "03105060099999900042" + DATES, "000001563900391000" + "0101", 0),
    "expired": (FUZHOU + "03105060099999900059" + "20200101" + "202012310000", "000001563900391000" + "0101", 5000),
    "denied": (FUZHOU + "03105060099999900067" + DATES, "000001563900391000" + "0101", 5000),
    "foreign": (SHANGHAI + "03104890099999900015" + DATES, "000001562900290000" + "0101", 5000),
    "old-purse": (FUZHOU + "03105060099999900075" + DATES, "000001563900391000" + "0101", 5000),
}
AIDS = {"old-purse": "00A4040009A00000000386980701"}


@pytest.mark.parametrize("profile", CARDS)
def test_each_profile_holds_what_its_table_says(profile):
    card = open_card(profile)
    demand(card, AIDS.get(profile, SELECT_PURSE))
    public, management, balance = CARDS[profile]
    assert demand(card, "00B095001E") == bytes.fromhex(public)
    assert demand(card, "00B097003C") == bytes.fromhex(management).ljust(60, b"\0")
    assert demand(card, "805C030204") == balance.to_bytes(4, "big")
    assert demand(card, "00B0960037") == bytes(55)


def test_the_list_of_profiles_is_the_one_that_is_promised():
    assert list(PROFILES) == list(CARDS)
    assert open_card("denied").numbers.number == DENIED_CARD_NUMBER


def test_the_payment_environment_names_the_purse():
    expected = "6F2E840E325041592E5359532E4444463031A51CBF0C1961174F08A00000063201010550084D4F545F545F4550870101"
    assert demand(open_card("adult"), "00A404000E325041592E5359532E4444463031") == bytes.fromhex(expected)


def test_the_purse_answers_its_selection_with_the_fci_of_the_specification():
    expected = "6F3E8408A000000632010105A53250084D4F545F545F45508701019F0801029F0C1E" + CARDS["adult"][0]
    assert demand(open_card("adult"), SELECT_PURSE) == bytes.fromhex(expected)


def test_an_old_purse_knows_neither_the_t_union_application_nor_the_payment_environment():
    card = open_card("old-purse")
    for apdu in (SELECT_PURSE, "00A404000E325041592E5359532E4444463031"):
        assert say(card, apdu) == (b"", StatusWord.FILE_NOT_FOUND)


@pytest.mark.parametrize(
    ("profile", "technology", "identity"),
    [
        ("adult", "A", CardIdentity(Technology.TYPE_A, bytes.fromhex("04099999900018"), b"")),
        ("student", "A", CardIdentity(Technology.TYPE_A, bytes.fromhex("99900026"), b"")),
        ("adult", "B", CardIdentity(Technology.TYPE_B, bytes.fromhex("99900018"), bytes.fromhex("00000000008180"))),
    ],
)
def test_cards_show_uids_of_four_and_seven_bytes_or_a_pupi(profile, technology, identity):
    assert open_card(profile, technology=technology).identity == identity


@pytest.mark.parametrize("digits", ["03105060099999912345", "3105060099999912345"])
def test_a_card_can_be_given_another_balance_and_another_number(digits):
    card = open_card("adult", balance_fen=7, number=CardNumber(digits))
    assert (card.balance, card.numbers.serial.hex()) == (7, "03105060099999912345")
    assert card.keys != open_card("adult").keys


@pytest.mark.parametrize(
    ("options", "existing"),
    [
        ({"profile": "bank"}, "adult, student, senior"),
        ({"profile": "adult", "algorithm": "AES"}, "3DES and SM4"),
        ({"profile": "adult", "technology": "F"}, "A and B"),
    ],
)
def test_what_does_not_exist_is_answered_with_what_does(options, existing):
    with pytest.raises(ConfigurationError, match=existing):
        open_card(**options)
