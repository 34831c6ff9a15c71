"""Diversification and session keys against the vectors of the specification (transit §§3.4, 3.5); all TEST keys."""

import pytest

from firmware.sm.keys import Algorithm, PurseKey, SessionBlock, Sm4Profile, algorithm_of, card_key
from firmware.sm.purse import load_session, purchase_session
from tests.sm.vectors import ISSUER, RANDOM, ROOTS, SERIAL, VECTORS, Vectors, each_column


@each_column
def test_an_issuers_key_comes_from_the_root(column: Vectors):
    root = PurseKey.of(column.algorithm, ROOTS["GMPK"])
    assert root.diversified(ISSUER).secret.reveal() == column.mpk


@each_column
def test_a_cards_keys_come_from_the_roots_by_issuer_and_then_by_serial(column: Vectors):
    derived = {
        name: card_key(PurseKey.of(column.algorithm, root), ISSUER, SERIAL).secret.reveal()
        for name, root in ROOTS.items()
    }
    assert derived == {"GMPK": column.dpk, "GMLK": column.dlk, "GMTK": column.dtk, "GMAK": column.dak}


@each_column
def test_the_session_of_a_purchase(column: Vectors):
    key = PurseKey.of(column.algorithm, column.dpk)
    assert purchase_session(key, RANDOM, 7, 0x0001E240).secret.reveal() == column.sespk


@each_column
def test_the_session_of_a_load(column: Vectors):
    key = PurseKey.of(column.algorithm, column.dlk)
    assert load_session(key, RANDOM, 2).secret.reveal() == column.seslk


@each_column
def test_the_key_of_tacs(column: Vectors):
    assert PurseKey.of(column.algorithm, column.dtk).tac_key().secret.reveal() == column.tac_key


@each_column
def test_the_mac_of_application_block(column: Vectors):
    key = PurseKey.of(column.algorithm, column.dak)
    assert key.command_mac(bytes.fromhex("841E000004"), RANDOM) == column.block_mac


def test_the_session_of_the_published_example():
    key = PurseKey.of(Algorithm.TRIPLE_DES, bytes.fromhex("11223344556677888877665544332211"))
    session = purchase_session(key, bytes.fromhex("11223344"), 0, 1)
    assert session.secret.reveal() == bytes.fromhex("003238ABC57659DD")


def test_a_profile_may_fill_the_session_block_with_the_complement():
    column = VECTORS[Algorithm.SM4]
    key = PurseKey.of(Algorithm.SM4, column.dpk)
    block = bytes.fromhex("A1B2C3D40007E240" + "5E4D3C2BFFF81DBF")
    session = purchase_session(key, RANDOM, 7, 0x0001E240, Sm4Profile(session_block=SessionBlock.COMPLEMENTED))
    assert session.secret.reveal() == key.encrypt(block) != column.sespk


def test_sm4_may_chain_a_command_to_a_random_number_of_eight_bytes():
    key = PurseKey.of(Algorithm.SM4, VECTORS[Algorithm.SM4].dak)
    short = key.command_mac(bytes.fromhex("841E000004"), RANDOM)
    assert key.command_mac(bytes.fromhex("841E000004"), RANDOM + bytes(4)) == short
    assert key.command_mac(bytes.fromhex("841E000004"), RANDOM + RANDOM) != short


def test_algorithms_by_the_byte_of_the_cards_answer():
    assert [algorithm_of(0x00), algorithm_of(0x04), algorithm_of(0x01, Sm4Profile(algorithm_id=0x01))] == [
        Algorithm.TRIPLE_DES,
        Algorithm.SM4,
        Algorithm.SM4,
    ]


def test_an_unknown_algorithm_is_named():
    with pytest.raises(ValueError, match="07"):
        algorithm_of(0x07)


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize(
    "call",
    [
        lambda key: PurseKey.of(key.algorithm, bytes(8)),
        lambda key: key.diversified(bytes(7)),
        lambda key: key.session(bytes(16)),
        lambda key: key.command_mac(b"", bytes(3)),
        lambda key: purchase_session(key, bytes(8), 0, 0),
        lambda key: load_session(key, bytes(3), 0),
        lambda key: purchase_session(key, bytes(4), 0x10000, 0),
        lambda key: purchase_session(key, bytes(4), -1, 0),
    ],
)
def test_other_sizes_are_refused(algorithm, call):
    with pytest.raises(ValueError, match=r"\d"):
        call(PurseKey.of(algorithm, bytes(range(16))))


def test_a_key_does_not_print_itself():
    key = PurseKey.of(Algorithm.SM4, b"TEST-KEY-CANARY!")
    assert not [text for text in (str(key), repr(key), f"{key}", f"{key.secret}") if "CANARY" in text]
