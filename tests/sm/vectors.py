"""The vectors of the specification (transit §3.5), all of them under TEST keys."""

from dataclasses import dataclass

import pytest

from firmware.money import Fen
from firmware.sm.keys import Algorithm
from firmware.sm.purse import Operation, TransactionType

ROOTS = {
    "GMPK": bytes.fromhex("00112233445566778899AABBCCDDEEFF"),
    "GMLK": bytes.fromhex("102132435465768798A9BACBDCEDFE0F"),
    "GMTK": bytes.fromhex("F0E1D2C3B4A5968778695A4B3C2D1E0F"),
    "GMAK": bytes.fromhex("0F1E2D3C4B5A69788796A5B4C3D2E1F0"),
}
ISSUER = bytes.fromhex("01053910FFFFFFFF")
SERIAL = bytes.fromhex("5060099999900018")
RANDOM = bytes.fromhex("A1B2C3D4")
TERMINAL = bytes.fromhex("391000000123")
AMOUNT, LOADED = Fen(180), Fen(5000)


def purchase(kind: TransactionType) -> Operation:
    return Operation(AMOUNT, kind, TERMINAL, bytes.fromhex("20261123081530"))


def load() -> Operation:
    return Operation(LOADED, TransactionType.LOAD, TERMINAL, bytes.fromhex("20261123090000"))


@dataclass(frozen=True)
class Vectors:
    """One column of the table."""

    algorithm: Algorithm
    mpk: bytes
    dpk: bytes
    dlk: bytes
    dtk: bytes
    dak: bytes
    tac_key: bytes
    sespk: bytes
    mac1_06: bytes
    mac1_09: bytes
    mac2: bytes
    tac_06: bytes
    tac_09: bytes
    seslk: bytes
    load_mac1: bytes
    load_mac2: bytes
    load_tac: bytes
    block_mac: bytes


def _column(algorithm: Algorithm, text: str) -> Vectors:
    return Vectors(algorithm, *map(bytes.fromhex, text.split()))


VECTORS = {
    Algorithm.TRIPLE_DES: _column(
        Algorithm.TRIPLE_DES,
        """
        4A79624AC96ED9F6DCB7EC9052E44D81 B659E64480D6D9C6C8952B563CAE9D36 D9119177F470880A17DAF697E466E116
        9A0B7E2B9BF3B84D329C7771A407A28A 66EB2C4C09BED7B85CF3D1825D884DFD A897095A3FF41AC7 97FB89D99394F100
        C9FEFD96 68BFC448 900AE0A9 1AA46F06 3ED18F90 7BC76EBC7BB7A9DA 747DD397 12BB2CE8 963AC062 24FC45C8
        """,
    ),
    Algorithm.SM4: _column(
        Algorithm.SM4,
        """
        EEDD3A8403D09376F8A9DBFB1242EEC4 3D8AE540578D8129A9AD187694E5E42C 8D71820A573C1FD81E0333639C9FE17F
        1EEF430478FC60850C8ACF9F24D0C6B8 EA58FD37C2C548349D7F2E4C374564CE 1EEF430478FC60850C8ACF9F24D0C6B8
        5E04E28036F491F7ABA3AF1F5146EE21 9DF5A22D 7FFAEEA8 B713CCF6 265695DE 9B732B75
        F5CFCE85A180697BE804D2EBC6EFC6C4 5324523A F889E370 9FFDC61A 33074831
        """,
    ),
}

each_column = pytest.mark.parametrize("column", VECTORS.values(), ids=lambda column: column.algorithm.value)
