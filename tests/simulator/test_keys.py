import pytest

from firmware.masks import CardNumber
from simulator.crypto import Algorithm, PurchaseData
from simulator.keys import TEST_KEYS, card_keys, expected_tac

ISSUER = bytes.fromhex("01053910FFFFFFFF")


def test_the_keys_of_the_published_card_stand_in_the_order_of_their_fields():
    keys = card_keys(Algorithm.TRIPLE_DES, ISSUER, bytes.fromhex("5060099999900018"))
    published = [
        "B659E64480D6D9C6C8952B563CAE9D36",
        "D9119177F470880A17DAF697E466E116",
        "9A0B7E2B9BF3B84D329C7771A407A28A",
        "66EB2C4C09BED7B85CF3D1825D884DFD",
    ]
    assert [key.hex().upper() for key in (keys.purchase, keys.load, keys.tac, keys.block)] == published


@pytest.mark.parametrize("digits", ["03105060099999900018", "3105060099999900018"])
def test_a_host_recomputes_the_published_tac_from_the_card_number(digits):
    done = PurchaseData(180, 0x09, bytes.fromhex("391000000123"), 0x0001E240, bytes.fromhex("20261123081530"))
    number = CardNumber(digits)
    tacs = [expected_tac(algorithm, ISSUER, number, done).hex().upper() for algorithm in Algorithm]
    assert tacs == ["3ED18F90", "9B732B75"]


def test_no_two_test_keys_are_the_same():
    assert len({key.key for key in TEST_KEYS}) == len(TEST_KEYS) == 5
