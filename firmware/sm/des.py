"""DES and two-key 3DES as the purse uses them (PBOC 2.0; GB/T 16649, ISO/IEC 9797-1).

Old and weak, and what most transit cards in the field still calculate with.
"""

from functools import lru_cache

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from firmware.sm.ecb import KEPT, Ecb, check_size, check_whole_blocks

#: Bytes of a block, and of a single-DES key.
BLOCK = 8
#: Bytes of a two-key 3DES key, KL ‖ KR.
DOUBLE = 16


def encrypt(key: bytes, blocks: bytes) -> bytes:
    """Each block by itself (ECB) under a key of 8 bytes (DES) or 16 (3DES). Raises ValueError for other sizes."""
    check_whole_blocks(blocks, BLOCK)
    return _encryptor(key).update(blocks)


def decrypt(key: bytes, blocks: bytes) -> bytes:
    """The inverse of `encrypt`, which raises as that does."""
    check_whole_blocks(blocks, BLOCK)
    return _decryptor(key).update(blocks)


def cbc_mac(key: bytes, data: bytes, iv: bytes = bytes(BLOCK)) -> bytes:
    """The last block, 8 bytes, of the data in CBC (ISO/IEC 9797-1 algorithm 1), under 8 or 16 bytes of key.

    Raises ValueError unless the data is whole blocks.
    """
    check_size("a DES IV", iv, BLOCK)
    check_whole_blocks(data, BLOCK)
    return Cipher(_cipher(key), modes.CBC(iv)).encryptor().update(data)[-BLOCK:]


def retail_mac(key: bytes, data: bytes, iv: bytes = bytes(BLOCK)) -> bytes:
    """8 bytes of ISO/IEC 9797-1 algorithm 3: CBC under KL, then D(KR) and E(KL) on the last block.

    Raises ValueError unless the key has 16 bytes and the data is whole blocks.
    """
    check_size("a 3DES key", key, DOUBLE)
    left, right = key[:BLOCK], key[BLOCK:]
    return encrypt(left, decrypt(right, cbc_mac(left, data, iv)))


def _cipher(key: bytes) -> TripleDES:
    """The key repeated to the three single keys that `cryptography` wants: K‖K‖K is single DES, KL‖KR‖KL 3DES."""
    check_size("a DES key", key, BLOCK, DOUBLE)
    return TripleDES((key * 3)[: 3 * BLOCK])


@lru_cache(maxsize=KEPT)
def _encryptor(key: bytes) -> Ecb:
    return Ecb(_cipher(key), encrypts=True)


@lru_cache(maxsize=KEPT)
def _decryptor(key: bytes) -> Ecb:
    return Ecb(_cipher(key), encrypts=False)
