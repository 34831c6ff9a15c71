import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.nfc.atr import Atr
from simulator.readers.vpcd import atr
from tests.virtual_cards import CONTACT, TYPE_A, TYPE_A_LONG, TYPE_A_SHORT, TYPE_B


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("3B 80 80 01 01", Atr(contactless=True, historical=b"")),
        ("3B 84 80 01 80 31 80 65 51", Atr(contactless=True, historical=bytes.fromhex("80318065"))),
        ("3B 00", Atr(contactless=False, historical=b"")),
        ("3B 02 14 50", Atr(contactless=False, historical=bytes.fromhex("1450"))),
        # T=0 by TD1 absent, TA1 and TC1 present
        ("3B 53 18 00 41 42 43", Atr(contactless=False, historical=b"ABC")),
        # TA1, TB1, TC1, TD1 → TD2 → TA3 TB3; T=1, with TCK
        ("3B F2 18 00 02 81 31 FE 45 41 42 00", Atr(contactless=False, historical=b"AB")),
        ("3F 65 25 00 2C 09 69 90 00", Atr(contactless=False, historical=bytes.fromhex("2C09699000"))),
    ],
)
def test_an_atr_tells_history_and_whether_a_contactless_reader_made_it_up(raw, expected):
    assert Atr.from_bytes(bytes.fromhex(raw)) == expected


@pytest.mark.parametrize("identity", [TYPE_A, TYPE_A_SHORT, TYPE_A_LONG, TYPE_B, CONTACT])
def test_the_atr_that_the_virtual_reader_makes_tells_the_identity_it_was_made_of(identity):
    read = Atr.from_bytes(atr(identity))
    assert read.historical.startswith(identity.historical)
    assert read.contactless == (identity is not CONTACT)
    assert read.may_be_type_b == (identity is TYPE_B)


@given(st.binary(max_size=40))
def test_any_bytes_are_read_as_some_atr(raw):
    read = Atr.from_bytes(raw)
    assert read.historical in raw
    assert len(read.historical) <= 15
