from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.money import LARGEST, Fen, share, yuan

amounts = st.integers(0, LARGEST).map(Fen)


@given(amounts, st.integers(0, 100))
def test_a_share_is_never_under_the_exact_one_and_less_than_a_fen_over_it(amount, percent):
    exact = Fraction(amount * percent, 100)
    assert exact <= share(amount, percent) < exact + 1


@pytest.mark.parametrize(
    ("amount", "percent", "expected"), [(200, 50, 100), (201, 50, 101), (1, 1, 1), (0, 99, 0), (7, 0, 0), (7, 100, 7)]
)
def test_what_remains_of_a_fen_is_charged_as_a_fen(amount, percent, expected):
    assert share(Fen(amount), percent) == expected


@pytest.mark.parametrize(("amount", "percent"), [(-1, 50), (100, -1), (100, 101)])
def test_an_impossible_share_is_refused(amount, percent):
    with pytest.raises(ValueError, match="must"):
        share(Fen(amount), percent)


@given(st.integers(-LARGEST, LARGEST))
def test_yuan_and_fen_are_the_same_amount(amount):
    assert Fraction(yuan(Fen(amount))) * 100 == amount


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0.00"), (5, "0.05"), (180, "1.80"), (-5, "-0.05"), (-180, "-1.80"), (100_000, "1000.00")]
)
def test_yuan_has_two_decimals(amount, text):
    assert yuan(Fen(amount)) == text
