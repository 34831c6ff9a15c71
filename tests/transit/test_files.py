"""Card files: whatever a card holds survives reading and writing; each field stands in its place."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.clock import CHINA
from firmware.errors import MalformedCardData
from firmware.transit.files import HolderInfo, ManagementInfo, PublicInfo
from firmware.transit.records import BusRecord, Journey, LogRecord, MetroRecord

LAYOUTS = (PublicInfo, HolderInfo, ManagementInfo, LogRecord, Journey, BusRecord, MetroRecord)
SIZES = (30, 55, 60, 23, 48, 128, 128)


@pytest.mark.parametrize(("layout", "size"), list(zip(LAYOUTS, SIZES, strict=True)))
def test_each_layout_has_the_size_of_its_file(layout, size) -> None:
    assert size == layout.SIZE
    with pytest.raises(MalformedCardData):
        layout.from_bytes(bytes(size - 1))


@given(st.data(), st.sampled_from(LAYOUTS))
def test_any_bytes_survive_reading_and_writing(data, layout) -> None:
    raw = data.draw(st.binary(min_size=layout.SIZE, max_size=layout.SIZE))
    assert layout.from_bytes(raw).to_bytes() == raw


def test_public_info_is_read_from_its_places() -> None:
    raw = bytes.fromhex("01053910FFFFFFFF02010310506009999990001820200101204912310000")
    info = PublicInfo.from_bytes(raw)
    assert (info.issuer_id, info.city_code, info.enabled) == ("01053910FFFFFFFF", "3910", 1)
    assert (info.card_number.reveal(), info.asn.hex()) == ("3105060099999900018", "5060099999900018")
    assert (info.valid_from, info.expires) == (date(2020, 1, 1), date(2049, 12, 31))


def test_a_log_record_is_read_from_its_places() -> None:
    raw = bytes.fromhex("0008000000800000B40939100000012320261123081530")
    record = LogRecord.from_bytes(raw)
    moment = datetime(2026, 11, 23, 8, 15, 30, tzinfo=CHINA)
    assert (record.sequence, record.amount, record.type, record.terminal, record.time) == (
        8,
        180,
        9,
        "391000000123",
        moment,
    )


def test_a_journey_is_written_to_its_places_and_local_bytes_are_kept() -> None:
    local = Journey.from_bytes(bytes(42) + bytes.fromhex("A1A2A3A4A5A6"))
    journey = replace(
        local,
        type=6,
        terminal="0000391000000123",
        industry=2,
        line=15,
        operator=1,
        amount=200,
        balance_after=4800,
        time=datetime(2026, 11, 23, 8, 15, 30, tzinfo=CHINA),
        city="3910",
        acquirer="12003910FFFFFFFF",
    )
    assert journey.to_bytes().hex() == (
        "06000039100000012302000f0000000100000000c8000012c020261123081530391012003910ffffffffa1a2a3a4a5a6"
    )
