"""SM3 and SM4 once more, by an independent implementation that is slow and written in Python: gmssl.

It tells whether the fast implementation on this machine calculates what the rest of the world does. It protects
nothing: no key of a production terminal is given to it.
"""


def digest(data: bytes) -> bytes:
    """The 32 bytes of SM3."""
    from gmssl.sm3 import sm3_hash

    return bytes.fromhex(sm3_hash(list(data)))


def encrypt_block(key: bytes, block: bytes) -> bytes:
    """One SM4 block."""
    from gmssl.sm4 import SM4_ENCRYPT, CryptSM4

    cipher = CryptSM4()
    cipher.set_key(key, SM4_ENCRYPT)
    return bytes(cipher.one_round(cipher.sk, list(block)))
