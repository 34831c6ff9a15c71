"""MACs and TACs of the purse against the vectors of the specification (transit §§3.4, 3.5); all TEST keys."""

import pytest

from firmware.masks import Secret
from firmware.money import Fen
from firmware.sm.keys import Algorithm, PurseKey
from firmware.sm.purse import Operation, TransactionType, load_mac1, load_mac2, load_tac, mac1, mac2, purchase_tac
from tests.sm.vectors import AMOUNT, LOADED, Vectors, each_column, load, purchase

PURCHASE, COMPOUND = TransactionType.PURCHASE, TransactionType.COMPOUND_PURCHASE


@each_column
def test_a_purchases_mac1_and_mac2(column: Vectors):
    session = PurseKey(column.algorithm, Secret(column.sespk))
    assert (mac1(session, purchase(PURCHASE)), mac1(session, purchase(COMPOUND)), mac2(session, AMOUNT)) == (
        column.mac1_06,
        column.mac1_09,
        column.mac2,
    )


@each_column
def test_a_purchases_tac(column: Vectors):
    key = PurseKey.of(column.algorithm, column.dtk)
    tacs = tuple(purchase_tac(key, purchase(kind), 0x0001E240) for kind in (PURCHASE, COMPOUND))
    assert tacs == (column.tac_06, column.tac_09)


@each_column
def test_a_loads_macs_and_tac(column: Vectors):
    session = PurseKey(column.algorithm, Secret(column.seslk))
    tac = load_tac(PurseKey.of(column.algorithm, column.dtk), Fen(1000 + LOADED), 2, load())
    assert (load_mac1(session, Fen(1000), load()), load_mac2(session, load()), tac) == (
        column.load_mac1,
        column.load_mac2,
        column.load_tac,
    )


def test_the_published_example():
    session = PurseKey(Algorithm.TRIPLE_DES, Secret(bytes.fromhex("003238ABC57659DD")))
    terminal, time = bytes.fromhex("001122334455"), bytes.fromhex("20120229135100")
    operation = Operation(Fen(0x1000), PURCHASE, terminal, time)
    key = PurseKey.of(Algorithm.TRIPLE_DES, bytes.fromhex("00112233445566778899AABBCCDDEEFF"))
    assert (mac1(session, operation), mac2(session, Fen(0x1000)), purchase_tac(key, operation, 1)) == (
        bytes.fromhex("F15CAB75"),
        bytes.fromhex("56988A13"),
        bytes.fromhex("B3A0D49C"),
    )


@pytest.mark.parametrize(("terminal", "time"), [(bytes(5), bytes(7)), (bytes(8), bytes(7)), (bytes(6), bytes(4))])
def test_an_operation_of_other_sizes_is_refused(terminal, time):
    with pytest.raises(ValueError, match=r"\d"):
        Operation(AMOUNT, PURCHASE, terminal, time)


@pytest.mark.parametrize("amount", [-1, 1 << 32])
def test_an_amount_that_a_card_has_no_room_for_is_refused(amount):
    with pytest.raises(ValueError, match="does not fit"):
        mac2(PurseKey(Algorithm.SM4, Secret(bytes(16))), Fen(amount))
