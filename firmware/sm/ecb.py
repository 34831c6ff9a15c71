"""One block at a time, under a key that has been set up once.

Setting a key up costs ten times what a block costs, and the same few keys are used again and again. So contexts are
kept open, and because a context may be used by one thread at a time only, each has its lock.
"""

from threading import Lock

from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, modes

#: Keys set up at the same time, for each cipher and direction: some hundred bytes each.
KEPT = 64


class Ecb:
    """A block cipher under one key, in one direction; several threads may use it."""

    __slots__ = ("_context", "_lock")

    def __init__(self, cipher: BlockCipherAlgorithm, *, encrypts: bool) -> None:
        ecb = Cipher(cipher, modes.ECB())  # noqa: S305 - the bare block is what is wanted here
        self._context = ecb.encryptor() if encrypts else ecb.decryptor()
        self._lock = Lock()

    def update(self, blocks: bytes) -> bytes:
        """Each of the whole blocks by itself."""
        with self._lock:
            return self._context.update(blocks)


def check_size(what: str, value: bytes, *sizes: int) -> None:
    """Raise ValueError, which names the sizes and never the value, unless it has one of them."""
    if len(value) not in sizes:
        expected = " or ".join(str(size) for size in sizes)
        raise ValueError(f"{what} has {expected} bytes, not {len(value)}")


def check_whole_blocks(data: bytes, block: int) -> None:
    """Raise ValueError unless the data is at least one block and ends with a whole one."""
    if not data or len(data) % block:
        raise ValueError(f"{len(data)} bytes are not whole blocks of {block}; padding is the caller's")
