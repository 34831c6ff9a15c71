"""DES and 3DES against NIST's tables and pyDes, an independent implementation."""

import secrets

import pyDes
import pytest

from firmware.sm import des


def test_variable_plaintext_table_of_nist_sp_800_17():
    rows = {"8000000000000000": "95F8A5E5DD31D900", "4000000000000000": "DD7F121CA5015619"}
    key = bytes.fromhex("01" * 8)
    assert {plain: des.encrypt(key, bytes.fromhex(plain)).hex().upper() for plain in rows} == rows


@pytest.mark.parametrize("size", [8, 16])
def test_blocks_agree_with_pydes(size):
    for _ in range(100):
        key, blocks = secrets.token_bytes(size), secrets.token_bytes(16)
        expected = cipher(key).encrypt(blocks)
        assert (des.encrypt(key, blocks), des.decrypt(key, expected)) == (expected, blocks)


@pytest.mark.parametrize("size", [8, 16])
@pytest.mark.parametrize("iv", [bytes(8), bytes(range(8))])
def test_cbc_mac_is_the_last_block_of_pydes_cbc(size, iv):
    for blocks in range(1, 6):
        key, data = secrets.token_bytes(size), secrets.token_bytes(8 * blocks)
        assert des.cbc_mac(key, data, iv) == cipher(key, pyDes.CBC, iv).encrypt(data)[-8:]


def test_retail_mac_is_a_single_des_chain_whose_last_block_goes_through_3des():
    for blocks in range(1, 6):
        key, data, iv = secrets.token_bytes(16), secrets.token_bytes(8 * blocks), secrets.token_bytes(8)
        chain = pyDes.des(key[:8], pyDes.CBC, iv).encrypt(data)[-8:]
        expected = pyDes.des(key[:8]).encrypt(pyDes.des(key[8:]).decrypt(chain))
        assert des.retail_mac(key, data, iv) == expected


@pytest.mark.parametrize(
    "call",
    [
        lambda: des.encrypt(bytes(24), bytes(8)),
        lambda: des.encrypt(bytes(8), bytes(7)),
        lambda: des.decrypt(bytes(8), b""),
        lambda: des.cbc_mac(bytes(8), bytes(9)),
        lambda: des.cbc_mac(bytes(8), bytes(8), bytes(16)),
        lambda: des.cbc_mac(bytes(7), bytes(8)),
        lambda: des.retail_mac(bytes(8), bytes(8)),
        lambda: des.retail_mac(bytes(16), bytes(12)),
    ],
)
def test_other_sizes_are_refused(call):
    with pytest.raises(ValueError, match=r"\d"):
        call()


def cipher(key: bytes, mode: int = pyDes.ECB, iv: bytes | None = None) -> pyDes.des | pyDes.triple_des:
    return (pyDes.des if len(key) == 8 else pyDes.triple_des)(key, mode, iv)
