"""SM3 (GB/T 32905-2016) and HMAC over it (GB/T 15852.2)."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

#: Bytes of a digest.
SIZE = 32

_SM3 = hashes.SM3()


def digest(data: bytes) -> bytes:
    """The 32 bytes of a message's digest."""
    context = hashes.Hash(_SM3)
    context.update(data)
    return context.finalize()


def hmac(key: bytes, data: bytes) -> bytes:
    """The 32 bytes of HMAC-SM3, under a key of any length."""
    context = HMAC(key, _SM3)
    context.update(data)
    return context.finalize()
