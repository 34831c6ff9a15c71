"""SM3 against its standard, gmssl, the openssl command and the definition of HMAC."""

import secrets

from hypothesis import given
from hypothesis import strategies as st

from firmware.sm import gmssl_oracle, sm3
from tests.sm.openssl import openssl


def test_digest_gives_the_two_examples_of_the_standard():
    assert [sm3.digest(b"abc").hex(), sm3.digest(b"abcd" * 16).hex()] == [
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
        "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
    ]


def test_digest_agrees_with_gmssl_on_every_length_over_three_blocks():
    messages = [secrets.token_bytes(length) for length in range(200)]
    assert [sm3.digest(message) for message in messages] == [gmssl_oracle.digest(message) for message in messages]


def test_digest_agrees_with_the_openssl_command():
    messages = [secrets.token_bytes(length) for length in (0, 1, 55, 56, 63, 64, 65, 1000, 100_000)]
    assert [sm3.digest(message) for message in messages] == [
        openssl("dgst", "-sm3", "-binary", data=message) for message in messages
    ]


def test_hmac_agrees_with_the_openssl_command():
    cases = [(secrets.token_bytes(key), secrets.token_bytes(400)) for key in (1, 16, 32, 64, 65, 100)]
    assert [sm3.hmac(key, message) for key, message in cases] == [
        openssl("dgst", "-sm3", "-binary", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", data=message)
        for key, message in cases
    ]


@given(st.binary(max_size=100), st.binary(max_size=200))
def test_hmac_is_what_its_definition_says(key, message):
    padded = (sm3.digest(key) if len(key) > 64 else key).ljust(64, b"\0")
    inner = sm3.digest(bytes(byte ^ 0x36 for byte in padded) + message)
    assert sm3.hmac(key, message) == sm3.digest(bytes(byte ^ 0x5C for byte in padded) + inner)
