"""Whatever bytes come in, they are a sequence that SQLite can hold, or nothing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.report.inbound import acknowledged


@pytest.mark.parametrize(
    ("payload", "sequence"),
    [
        (b'{"sequence": 7}', 7),
        (b'{"sequence": 0, "more": [1, 2]}', 0),
        (b'{"sequence": -1}', None),
        (b'{"sequence": 4611686018427387905}', None),
        (b'{"sequence": 1e400}', None),
        (b'{"sequence": true}', None),
        (b'{"sequence": "7"}', None),
        (b"{}", None),
        (b"7", None),
        (b"", None),
        (b"\xff\xfe", None),
        (b"[" * 100_000, None),
        (b'{"x":' * 100_000, None),
    ],
)
def test_a_confirmation_is_a_sequence_and_nothing_else(payload, sequence) -> None:
    assert acknowledged(payload) == sequence


@given(
    st.binary()
    | st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
def test_any_bytes_end_in_a_sequence_or_in_nothing(payload) -> None:
    assert acknowledged(payload) is None or 0 <= acknowledged(payload) <= 2**62
