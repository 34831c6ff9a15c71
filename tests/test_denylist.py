"""Deny lists: exactly what was put in, or a clear refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.denylist import DenyList, KeySpace, transit_key, write
from firmware.errors import ConfigurationError

KEYS = st.binary(min_size=10, max_size=10)


@given(st.sets(KEYS, max_size=50), st.lists(KEYS, max_size=20))
def test_a_list_holds_exactly_its_keys(tmp_path_factory, listed, asked) -> None:
    path = tmp_path_factory.mktemp("list") / "deny.bin"
    assert write(path, KeySpace.TRANSIT_NUMBER, 3, listed) == len(listed)
    with DenyList(path, KeySpace.TRANSIT_NUMBER) as found:
        assert (found.version, found.count) == (3, len(listed))
        for key in [*listed, *asked]:
            assert found.holds(key) == (key in listed)


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[:-1], lambda raw: b"X" + raw[1:], lambda raw: raw[:30], bytes.upper]
)
def test_a_damaged_list_is_refused(tmp_path, damage) -> None:
    path = tmp_path / "deny.bin"
    write(path, KeySpace.TRANSIT_NUMBER, 1, [transit_key("3105060099999900018"), b"abcdefghij"])
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ConfigurationError):
        DenyList(path, KeySpace.TRANSIT_NUMBER)


def test_a_missing_list_is_refused(tmp_path) -> None:
    with pytest.raises(ConfigurationError):
        DenyList(tmp_path / "deny.bin", KeySpace.TRANSIT_NUMBER)
