import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.errors import MalformedCardData
from firmware.nfc.ats import LinkParameters, parse_atqb, parse_ats, periods, pupi

FWT_4, FWT_7, FWT_8 = 0.0048330, 0.0386643, 0.0773286


def link(frame_size, waiting, guard, historical=""):
    return LinkParameters(frame_size, pytest.approx(waiting, abs=1e-6), pytest.approx(guard), bytes.fromhex(historical))


@pytest.mark.parametrize(
    ("ats", "expected"),
    [
        ("01", link(32, FWT_4, 0)),  # TL alone: every default
        ("02 08", link(256, FWT_4, 0)),  # no interface bytes
        ("03 58", None),  # announces TA and TC, has neither
        ("04 58 80 00", link(256, FWT_4, 0)),  # TA and TC without TB
        ("03 28 E0", link(256, periods(14), 0)),  # TB alone
        ("05 68 70 02 80", link(256, FWT_7, 0, "80")),  # TB and TC, no TA
        ("0A 78 80 81 02 80 31 80 65 01", link(256, FWT_8, periods(1), "8031806501")),
        ("05 70 80 FF 00", link(16, FWT_4, 0)),  # FWI and SFGI 15 are reserved
        ("05 7C 80 40 00", link(256, FWT_4, 0)),  # FSCI of newer cards
        ("02 05 AA BB", link(64, FWT_4, 0)),  # bytes behind TL are none of the ATS
    ],
)
def test_an_ats_is_read_by_the_bits_of_t0(ats, expected):
    raw = bytes.fromhex(ats)
    if expected is None:
        with pytest.raises(MalformedCardData):
            parse_ats(raw)
    else:
        assert parse_ats(raw) == expected


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\x05\x78\x80", b"\x02\x78"])
def test_an_ats_that_does_not_add_up_is_malformed(raw):
    with pytest.raises(MalformedCardData):
        parse_ats(raw)


def test_an_atqb_tells_frame_size_waiting_time_and_history():
    atqb = bytes.fromhex("50 11223344 A1A2A3A4 00 81 70")
    assert parse_atqb(atqb) == link(256, FWT_7, 0, "A1A2A3A4008170")
    assert pupi(atqb) == bytes.fromhex("11223344")


def test_an_extended_atqb_tells_its_guard_time():
    link(64, FWT_4, periods(3), "00000000005140")


@pytest.mark.parametrize("atqb", ["", "50", "51 11223344 00000000 00 81 70", "50 11223344 00000000 00 80 70"])
def test_what_is_no_atqb_of_a_card_that_speaks_iso_dep_is_malformed(atqb):
    with pytest.raises(MalformedCardData):
        parse_atqb(bytes.fromhex(atqb))


@given(st.binary(max_size=40))
def test_any_bytes_are_link_parameters_in_bounds_or_malformed(raw):
    for parse in (parse_ats, parse_atqb):
        try:
            found = parse(raw)
        except MalformedCardData:
            continue
        assert 16 <= found.frame_size <= 256
        assert 0 <= found.guard <= 5
        assert 0 < found.waiting <= 5
        assert found.historical in raw
