"""The published vectors of transit §3.4 and §3.5, column by column."""

import pytest

from simulator.crypto import (
    Algorithm,
    LoadData,
    PurchaseData,
    card_key,
    load_mac1,
    load_mac2,
    load_session_key,
    load_tac,
    pad,
    purchase_mac1,
    purchase_mac2,
    purchase_session_key,
    purchase_tac,
    secure_mac,
    tac_mac_key,
)
from simulator.keys import GMAK, GMLK, GMPK, GMTK

ISSUER = bytes.fromhex("01053910FFFFFFFF")
SERIAL = bytes.fromhex("5060099999900018")
RANDOM = bytes.fromhex("A1B2C3D4")
TERMINAL = bytes.fromhex("391000000123")
PURCHASE_TIME = bytes.fromhex("20261123081530")
LOAD = LoadData(0x1388, TERMINAL, bytes.fromhex("20261123090000"))

VECTORS = {
    Algorithm.TRIPLE_DES: {
        "MPK": "4A79624AC96ED9F6DCB7EC9052E44D81",
        "DPK": "B659E64480D6D9C6C8952B563CAE9D36",
        "DLK": "D9119177F470880A17DAF697E466E116",
        "DTK": "9A0B7E2B9BF3B84D329C7771A407A28A",
        "DAK": "66EB2C4C09BED7B85CF3D1825D884DFD",
        "TAC key": "A897095A3FF41AC7",
        "SESPK": "97FB89D99394F100",
        "MAC1 06": "C9FEFD96",
        "MAC1 09": "68BFC448",
        "MAC2": "900AE0A9",
        "TAC 06": "1AA46F06",
        "TAC 09": "3ED18F90",
        "SESLK": "7BC76EBC7BB7A9DA",
        "load MAC1": "747DD397",
        "load MAC2": "12BB2CE8",
        "load TAC": "963AC062",
        "block MAC": "24FC45C8",
    },
    Algorithm.SM4: {
        "MPK": "EEDD3A8403D09376F8A9DBFB1242EEC4",
        "DPK": "3D8AE540578D8129A9AD187694E5E42C",
        "DLK": "8D71820A573C1FD81E0333639C9FE17F",
        "DTK": "1EEF430478FC60850C8ACF9F24D0C6B8",
        "DAK": "EA58FD37C2C548349D7F2E4C374564CE",
        "TAC key": "1EEF430478FC60850C8ACF9F24D0C6B8",
        "SESPK": "5E04E28036F491F7ABA3AF1F5146EE21",
        "MAC1 06": "9DF5A22D",
        "MAC1 09": "7FFAEEA8",
        "MAC2": "B713CCF6",
        "TAC 06": "265695DE",
        "TAC 09": "9B732B75",
        "SESLK": "F5CFCE85A180697BE804D2EBC6EFC6C4",
        "load MAC1": "5324523A",
        "load MAC2": "F889E370",
        "load TAC": "9FFDC61A",
        "block MAC": "33074831",
    },
}


def purchase(kind):
    return PurchaseData(180, kind, TERMINAL, 0x0001E240, PURCHASE_TIME)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_every_value_of_the_published_vectors_is_reproduced(algorithm):
    keys = {name: card_key(algorithm, root.key, ISSUER, SERIAL) for name, root in KEYS.items()}
    session = purchase_session_key(algorithm, keys["DPK"], RANDOM, 7, 0x0001E240)
    load_session = load_session_key(algorithm, keys["DLK"], RANDOM, 2)
    calculated = {
        "MPK": card_key(algorithm, GMPK.key, ISSUER),
        **keys,
        "TAC key": tac_mac_key(algorithm, keys["DTK"]),
        "SESPK": session,
        "MAC1 06": purchase_mac1(algorithm, session, purchase(0x06)),
        "MAC1 09": purchase_mac1(algorithm, session, purchase(0x09)),
        "MAC2": purchase_mac2(algorithm, session, 180),
        "TAC 06": purchase_tac(algorithm, keys["DTK"], purchase(0x06)),
        "TAC 09": purchase_tac(algorithm, keys["DTK"], purchase(0x09)),
        "SESLK": load_session,
        "load MAC1": load_mac1(algorithm, load_session, 1000, 5000, TERMINAL),
        "load MAC2": load_mac2(algorithm, load_session, LOAD),
        "load TAC": load_tac(algorithm, keys["DTK"], 6000, 2, LOAD),
        "block MAC": secure_mac(algorithm, keys["DAK"], RANDOM, bytes.fromhex("841E000004")),
    }
    assert {name: value.hex().upper() for name, value in calculated.items()} == VECTORS[algorithm]


KEYS = {"DPK": GMPK, "DLK": GMLK, "DTK": GMTK, "DAK": GMAK}


def test_the_tutorial_example_is_reproduced():
    key = bytes.fromhex("11223344556677888877665544332211")
    done = PurchaseData(0x1000, 0x06, bytes.fromhex("001122334455"), 1, bytes.fromhex("20120229135100"))
    algorithm = Algorithm.TRIPLE_DES
    session = purchase_session_key(algorithm, key, bytes.fromhex("11223344"), 0, 1)
    tac_key = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
    calculated = (
        session,
        purchase_mac1(algorithm, session, done),
        purchase_mac2(algorithm, session, 0x1000),
        tac_mac_key(algorithm, tac_key),
        purchase_tac(algorithm, tac_key, done),
    )
    expected = ("003238ABC57659DD", "F15CAB75", "56988A13", "8888888888888888", "B3A0D49C")
    assert tuple(value.hex().upper() for value in calculated) == expected


def test_full_blocks_are_padded_with_a_whole_block_more():
    assert pad(bytes(8), 8) == bytes(8) + b"\x80" + bytes(7)
    assert pad(bytes(15), 16) == bytes(15) + b"\x80"


@pytest.mark.parametrize(("algorithm", "filler"), [(Algorithm.TRIPLE_DES, 4), (Algorithm.SM4, 12)])
def test_a_short_challenge_is_filled_up_to_the_initial_value(algorithm, filler):
    key = bytes(range(16))
    filled = RANDOM + bytes(filler)
    assert secure_mac(algorithm, key, RANDOM, b"data") == secure_mac(algorithm, key, filled, b"data")
