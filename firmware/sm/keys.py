"""Keys of the purse: the algorithm they belong to, their diversification and the sessions made of them.

The 3DES column follows PBOC 2.0 as recomputed from card traces; the SM4 column is an assumption, gathered in
`Sm4Profile`, because no text of it is public.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Self

from firmware.masks import Secret
from firmware.sm import des, sm4
from firmware.sm.ecb import check_size
from firmware.sm.padding import pad

#: Bytes of a diversification factor: an issuer id, or the last eight bytes of the application serial number.
FACTOR = 8
#: What fills the session key's input block of a load, where a purchase has the PSAM's sequence number.
LOAD_FILLER = bytes.fromhex("8000")


class Algorithm(Enum):
    """What a card's purse calculates with."""

    TRIPLE_DES = "3DES"
    SM4 = "SM4"

    @property
    def block(self) -> int:
        """Bytes of a block."""
        return des.BLOCK if self is Algorithm.TRIPLE_DES else sm4.BLOCK


class SessionBlock(Enum):
    """How the eight bytes that make a session are filled up to the sixteen of an SM4 block."""

    PADDED = "X ‖ 80 00…"
    COMPLEMENTED = "X ‖ NOT X"


@dataclass(frozen=True, slots=True)
class Sm4Profile:
    """What an issuer of SM4 purses may have chosen.

    An assumption throughout: `algorithm_id` is the byte of the INITIALIZE answer (04 is practice of the toll cards).
    """

    algorithm_id: int = 0x04
    session_block: SessionBlock = SessionBlock.PADDED


ASSUMED = Sm4Profile()
#: Seen in every trace.
TRIPLE_DES_ID = 0x00


def algorithm_of(algorithm_id: int, profile: Sm4Profile = ASSUMED) -> Algorithm:
    """The algorithm of the byte that INITIALIZE answers. Raises ValueError for one that the profile does not know."""
    known = {TRIPLE_DES_ID: Algorithm.TRIPLE_DES, profile.algorithm_id: Algorithm.SM4}
    if algorithm_id not in known:
        raise ValueError(f"algorithm identifier {algorithm_id:02X} is unknown")
    return known[algorithm_id]


@dataclass(frozen=True, slots=True)
class PurseKey:
    """A key of sixteen bytes and the algorithm that it belongs to; the session keys of 3DES have eight."""

    algorithm: Algorithm
    secret: Secret

    @classmethod
    def of(cls, algorithm: Algorithm, key: bytes) -> Self:
        """Raises ValueError unless there are sixteen bytes."""
        check_size("a purse key", key, 16)
        return cls(algorithm, Secret(key))

    def encrypt(self, blocks: bytes) -> bytes:
        """Whole blocks, each by itself."""
        encrypt = des.encrypt if self.algorithm is Algorithm.TRIPLE_DES else sm4.encrypt_blocks
        return encrypt(self.secret.reveal(), blocks)

    def _with(self, key: bytes) -> Self:
        return replace(self, secret=Secret(key))

    def diversified(self, factor: bytes) -> Self:
        """The key one level below, for a factor F of eight bytes: E(F ‖ NOT F) under both algorithms.

        Raises ValueError for a factor of another size.
        """
        check_size("a diversification factor", factor, FACTOR)
        return self._with(self.encrypt(factor + complement(factor)))

    def session(self, block: bytes, profile: Sm4Profile = ASSUMED) -> Self:
        """The session key of eight bytes of session data."""
        check_size("session data", block, FACTOR)
        if self.algorithm is Algorithm.TRIPLE_DES:
            return self._with(self.encrypt(block))
        if profile.session_block is SessionBlock.COMPLEMENTED:
            return self._with(self.encrypt(block + complement(block)))
        return self._with(self.encrypt(pad(block, sm4.BLOCK)))

    def tac_key(self) -> Self:
        """What TACs are made with: the halves of a 3DES key folded together, an SM4 key (an assumption) as it is."""
        if self.algorithm is Algorithm.SM4:
            return self
        key = self.secret.reveal()
        return self._with(bytes(left ^ right for left, right in zip(key[:8], key[8:], strict=True)))

    def mac(self, data: bytes) -> bytes:
        """Four bytes: CBC-MAC over the padded data, under a session or TAC key."""
        cbc_mac = des.cbc_mac if self.algorithm is Algorithm.TRIPLE_DES else sm4.cbc_mac
        return cbc_mac(self.secret.reveal(), pad(data, self.algorithm.block))[:4]

    def command_mac(self, command: bytes, random: bytes) -> bytes:
        """Four bytes that secure a command (84xx, 04xx): its header with Lc and its data, chained to a random number.

        The random number has four bytes, or eight under SM4 (an assumption); ValueError otherwise.
        """
        padded = pad(command, self.algorithm.block)
        if self.algorithm is Algorithm.TRIPLE_DES:
            check_size("the random number", random, 4)
            return des.retail_mac(self.secret.reveal(), padded, random.ljust(des.BLOCK, b"\0"))[:4]
        check_size("the random number", random, 4, 8)
        return sm4.cbc_mac(self.secret.reveal(), padded, random.ljust(sm4.BLOCK, b"\0"))[:4]


def complement(data: bytes) -> bytes:
    """Every bit turned over."""
    return bytes(byte ^ 0xFF for byte in data)


def card_key(root: PurseKey, issuer_id: bytes, serial: bytes) -> PurseKey:
    """A card's key from its root: by the issuer id, then by the last eight bytes of the application serial number.

    The order of the two levels is an assumption (practice of PBOC's PSAMs), and stands here only.
    """
    return root.diversified(issuer_id).diversified(serial)
