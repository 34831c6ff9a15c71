"""SM4 against its standard, gmssl and the openssl command."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from firmware.sm import gmssl_oracle, sm4
from tests.sm.openssl import sm4_cbc, sm4_ecb

EXAMPLE = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
ENCRYPTED = bytes.fromhex("681EDF34D206965E86B3E94F536E4246")


def test_the_example_of_the_standard_both_ways():
    assert (sm4.encrypt_block(EXAMPLE, EXAMPLE), sm4.decrypt_block(EXAMPLE, ENCRYPTED)) == (ENCRYPTED, EXAMPLE)


def test_the_example_of_the_standard_encrypted_a_million_times():
    block = EXAMPLE
    for _ in range(1_000_000):
        block = sm4.encrypt_block(EXAMPLE, block)
    assert block.hex().upper() == "595298C7C6FD271F0402F804C33D3F66"


def test_blocks_agree_with_gmssl_under_two_hundred_random_keys():
    cases = [(secrets.token_bytes(16), secrets.token_bytes(16)) for _ in range(200)]
    encrypted = [sm4.encrypt_block(key, block) for key, block in cases]
    assert encrypted == [gmssl_oracle.encrypt_block(key, block) for key, block in cases]
    assert [sm4.decrypt_block(key, block) for (key, _), block in zip(cases, encrypted, strict=True)] == [
        block for _, block in cases
    ]


def test_blocks_agree_with_the_openssl_command():
    key, blocks = secrets.token_bytes(16), secrets.token_bytes(16 * 200)
    expected = sm4_ecb(key, blocks)
    assert b"".join(sm4.encrypt_block(key, blocks[at : at + 16]) for at in range(0, len(blocks), 16)) == expected
    assert sm4.encrypt_blocks(key, blocks) == expected


@pytest.mark.parametrize("iv", [bytes(16), bytes(range(16))])
def test_cbc_mac_is_the_last_block_of_openssls_cbc(iv):
    key = secrets.token_bytes(16)
    messages = [secrets.token_bytes(16 * blocks) for blocks in range(1, 8)]
    assert [sm4.cbc_mac(key, message, iv) for message in messages] == [
        sm4_cbc(key, iv, message)[-16:] for message in messages
    ]


def test_cbc_mac_starts_from_zero_unless_told_otherwise():
    assert sm4.cbc_mac(EXAMPLE, EXAMPLE) == ENCRYPTED


@pytest.mark.parametrize("data", [b"", bytes(15), bytes(17), bytes(31)])
def test_cbc_mac_leaves_padding_to_the_caller(data):
    with pytest.raises(ValueError, match="whole blocks of 16"):
        sm4.cbc_mac(EXAMPLE, data)


@pytest.mark.parametrize(
    "call",
    [
        lambda: sm4.encrypt_block(bytes(15), bytes(16)),
        lambda: sm4.encrypt_block(bytes(32), bytes(16)),
        lambda: sm4.encrypt_block(bytes(16), bytes(32)),
        lambda: sm4.decrypt_block(bytes(8), bytes(16)),
        lambda: sm4.decrypt_block(bytes(16), b""),
        lambda: sm4.cbc_mac(bytes(24), bytes(16)),
        lambda: sm4.cbc_mac(bytes(16), bytes(16), bytes(8)),
        lambda: sm4.encrypt_blocks(bytes(16), bytes(20)),
    ],
)
def test_other_sizes_are_refused(call):
    with pytest.raises(ValueError, match=r"\d"):
        call()


def test_an_error_does_not_print_the_key():
    key = b"TEST-KEY-CANARY"
    with pytest.raises(ValueError, match="15") as caught:
        sm4.encrypt_block(key, bytes(16))
    assert "CANARY" not in str(caught.value)
    assert key.hex() not in str(caught.value)


def test_threads_that_share_a_key_do_not_mix_their_blocks():
    blocks = [index.to_bytes(16, "big") for index in range(2000)]
    expected = [sm4.encrypt_block(EXAMPLE, block) for block in blocks]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda block: sm4.encrypt_block(EXAMPLE, block), blocks)) == expected


def test_more_keys_than_are_kept_set_up_change_nothing():
    keys = [index.to_bytes(16, "big") for index in range(200)]
    first = [sm4.encrypt_block(key, EXAMPLE) for key in keys]
    assert [sm4.encrypt_block(key, EXAMPLE) for key in keys] == first
    assert len(set(first)) == len(keys)
