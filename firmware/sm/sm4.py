"""SM4 (GB/T 32907-2016): bare blocks and CBC-MAC."""

from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

from firmware.sm.ecb import KEPT, Ecb, check_size, check_whole_blocks

#: Bytes of a block, and of a key.
BLOCK = 16


def encrypt_block(key: bytes, block: bytes) -> bytes:
    """One block of 16 bytes under a key of 16. Raises ValueError for other sizes."""
    check_size("an SM4 block", block, BLOCK)
    return _encryptor(key).update(block)


def decrypt_block(key: bytes, block: bytes) -> bytes:
    """The inverse of `encrypt_block`, which raises as that does."""
    check_size("an SM4 block", block, BLOCK)
    return _decryptor(key).update(block)


def encrypt_blocks(key: bytes, blocks: bytes) -> bytes:
    """Each of several blocks by itself (ECB). Raises ValueError unless they are whole."""
    check_whole_blocks(blocks, BLOCK)
    return _encryptor(key).update(blocks)


def cbc_mac(key: bytes, data: bytes, iv: bytes = bytes(BLOCK)) -> bytes:
    """The last block, 16 bytes, of the data encrypted in CBC. Raises ValueError unless the data is whole blocks."""
    check_size("an SM4 key", key, BLOCK)
    check_size("an SM4 IV", iv, BLOCK)
    check_whole_blocks(data, BLOCK)
    return Cipher(SM4(key), modes.CBC(iv)).encryptor().update(data)[-BLOCK:]


@lru_cache(maxsize=KEPT)
def _encryptor(key: bytes) -> Ecb:
    check_size("an SM4 key", key, BLOCK)
    return Ecb(SM4(key), encrypts=True)


@lru_cache(maxsize=KEPT)
def _decryptor(key: bytes) -> Ecb:
    check_size("an SM4 key", key, BLOCK)
    return Ecb(SM4(key), encrypts=False)
