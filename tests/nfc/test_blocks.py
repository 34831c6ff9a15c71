import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.errors import MalformedCardData
from firmware.nfc.blocks import Block, Kind, acknowledge, granted, information, repeat


@pytest.mark.parametrize(
    ("frame", "block"),
    [
        ("02", Block(Kind.INFORMATION, 0)),
        ("03 9000", Block(Kind.INFORMATION, 1, payload=b"\x90\x00")),
        ("13 AA", Block(Kind.INFORMATION, 1, more=True, payload=b"\xaa")),
        ("A2", Block(Kind.ACKNOWLEDGE, 0)),
        ("A3", Block(Kind.ACKNOWLEDGE, 1)),
        ("B2", Block(Kind.REPEAT, 0)),
        ("F2 01", Block(Kind.WAIT, payload=b"\x01")),
        ("F2 FB", Block(Kind.WAIT, payload=b"\xfb")),  # WTXM 59 with power level bits
        ("C2", Block(Kind.DESELECT)),
    ],
)
def test_a_frame_is_a_block(frame, block):
    assert Block.from_bytes(bytes.fromhex(frame)) == block


@pytest.mark.parametrize(
    "frame",
    ["", "00", "0A 00", "06 00", "A2 00", "AA 00", "F2", "F2 00", "F2 3C", "F2 3F", "F2 01 01", "E0 80", "FF", "D0"],
)
def test_what_is_no_block_of_ours_is_malformed(frame):
    with pytest.raises(MalformedCardData):
        Block.from_bytes(bytes.fromhex(frame))


@given(st.integers(0, 1), st.binary(max_size=253), st.booleans())
def test_a_block_that_we_build_reads_as_what_it_is(number, payload, more):
    assert Block.from_bytes(information(number, payload, more=more)) == Block(Kind.INFORMATION, number, more, payload)
    assert Block.from_bytes(acknowledge(number)) == Block(Kind.ACKNOWLEDGE, number)
    assert Block.from_bytes(repeat(number)) == Block(Kind.REPEAT, number)


def test_an_extension_is_granted_without_the_power_level_bits():
    assert granted(Block.from_bytes(b"\xf2\xc5")) == b"\xf2\x05"


@given(st.binary(max_size=12))
def test_any_frame_is_a_block_or_malformed(frame):
    try:
        Block.from_bytes(frame)
    except MalformedCardData:
        return
