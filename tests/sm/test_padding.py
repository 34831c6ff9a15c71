"""80, then zeros, always."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.sm.padding import pad


@pytest.mark.parametrize(
    ("data", "padded"),
    [
        ("", "8000000000000000"),
        ("11", "1180000000000000"),
        ("11223344556677", "1122334455667780"),
        ("1122334455667788", "11223344556677888000000000000000"),
    ],
)
def test_padding_fills_the_last_block_and_adds_one_to_a_full_one(data, padded):
    assert pad(bytes.fromhex(data), 8).hex() == padded


@given(st.binary(max_size=100), st.sampled_from([8, 16]))
def test_the_data_comes_back_when_the_zeros_and_one_80_are_taken_away(data, block):
    padded = pad(data, block)
    assert (padded.rstrip(b"\0")[:-1], len(padded) % block, len(padded) - len(data) <= block) == (data, 0, True)
