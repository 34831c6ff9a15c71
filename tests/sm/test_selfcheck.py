"""The self-check finds a machine that calculates wrongly."""

import sys

import pytest

from firmware.sm import gmssl_oracle, sm3, sm4
from firmware.sm.selfcheck import self_check


def test_this_machine_calculates_as_the_standards_print():
    assert self_check() == []


def test_a_wrong_digest_is_found_twice(monkeypatch):
    monkeypatch.setattr(sm3, "digest", lambda data: bytes(32))
    assert self_check() == ["SM3 differs from its standard", "SM3 differs from gmssl"]


def test_a_library_that_fails_is_reported_and_the_rest_still_checked(monkeypatch):
    def failing(key, block):
        raise OSError("no SM4 in this build")

    monkeypatch.setattr(sm4, "encrypt_block", failing)
    assert self_check() == [
        "SM4 encryption differs from its standard: no SM4 in this build",
        "SM4 differs from gmssl: no SM4 in this build",
    ]


def test_a_second_opinion_that_differs_is_reported(monkeypatch):
    monkeypatch.setattr(gmssl_oracle, "encrypt_block", lambda key, block: bytes(16))
    assert self_check() == ["SM4 differs from gmssl"]


@pytest.mark.parametrize("missing", ["gmssl.sm3", "gmssl.sm4"])
def test_a_missing_second_opinion_is_named(monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    assert self_check() == ["gmssl, which cross-checks SM3 and SM4, is not installed"]
