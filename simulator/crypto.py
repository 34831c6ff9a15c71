"""The purse's arithmetic as the card and the PSAM do it: diversification, session keys, MACs and TACs.

Written from the specification (transit §3) on bare 3DES and SM4, and shared with nothing in the terminal: what two
independent writings agree on is not one writing's mistake.

The SM4 column (session key, IV and TAC key forms) and its algorithm identifier 04 are an assumption of this project
(§3.6): no public text gives them.
"""

from dataclasses import dataclass
from enum import Enum

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

#: MACs and TACs are cut to this many bytes under both algorithms, so that no APDU changes its size.
MAC_SIZE = 4
#: Transaction types of file 18, MACs and TACs (§1.7).
LOAD, PURCHASE, COMPOUND_PURCHASE = 0x02, 0x06, 0x09


class Algorithm(Enum):
    """What a card calculates with."""

    TRIPLE_DES = "3DES"
    SM4 = "SM4"

    @property
    def block(self) -> int:
        """Block size in bytes."""
        return 8 if self is Algorithm.TRIPLE_DES else 16

    @property
    def identifier(self) -> int:
        """The algorithm byte of INITIALIZE's answer: 00 is seen in every trace, 04 for SM4 is an assumption (§3.6)."""
        return 0x00 if self is Algorithm.TRIPLE_DES else 0x04


ALGORITHMS = {algorithm.identifier: algorithm for algorithm in Algorithm}


@dataclass(frozen=True, slots=True)
class PurchaseData:
    """What both sides of a purchase sign: fen, type 06 or 09, 6 and 4 bytes of terminal, 7 BCD bytes of local time."""

    amount: int
    type: int
    terminal: bytes
    terminal_sequence: int
    time: bytes


@dataclass(frozen=True, slots=True)
class LoadData:
    """What both sides of a load sign: fen, 6 bytes of terminal, 7 BCD bytes of local time."""

    amount: int
    terminal: bytes
    time: bytes


def diversify(algorithm: Algorithm, key: bytes, factor: bytes) -> bytes:
    """One level: a key of 16 bytes and a factor of 8 give a key of 16 (§3.1, §3.6)."""
    return encrypt(algorithm, key, factor + bytes(byte ^ 0xFF for byte in factor))


def card_key(algorithm: Algorithm, root: bytes, *factors: bytes) -> bytes:
    """Level by level, issuer first, card last (§3.2: the order is an assumption)."""
    for factor in factors:
        root = diversify(algorithm, root, factor)
    return root


def purchase_session_key(
    algorithm: Algorithm, key: bytes, random: bytes, offline_sequence: int, terminal_sequence: int
) -> bytes:
    """SESPK, of the sequence number before the transaction and the low half of the PSAM's (§3.3)."""
    low = terminal_sequence & 0xFFFF
    return _session_key(algorithm, key, random + offline_sequence.to_bytes(2, "big") + low.to_bytes(2, "big"))


def purchase_mac1(algorithm: Algorithm, session_key: bytes, purchase: PurchaseData) -> bytes:
    """MAC1: the terminal's right to debit."""
    return mac(algorithm, session_key, _amount_type_terminal(purchase) + purchase.time)


def purchase_mac2(algorithm: Algorithm, session_key: bytes, amount: int) -> bytes:
    """MAC2: the card's proof that it has debited."""
    return mac(algorithm, session_key, amount.to_bytes(4, "big"))


def purchase_tac(algorithm: Algorithm, tac_key: bytes, purchase: PurchaseData) -> bytes:
    """TAC under the card's DTK (16 bytes): what card and clearing host know and the terminal does not."""
    sequence = purchase.terminal_sequence.to_bytes(4, "big")
    return _tac(algorithm, tac_key, _amount_type_terminal(purchase) + sequence + purchase.time)


def load_session_key(algorithm: Algorithm, key: bytes, random: bytes, online_sequence: int) -> bytes:
    """SESLK (§3.3)."""
    return _session_key(algorithm, key, random + online_sequence.to_bytes(2, "big") + b"\x80\x00")


def load_mac1(algorithm: Algorithm, session_key: bytes, balance: int, amount: int, terminal: bytes) -> bytes:
    """The card tells the host its balance before the load."""
    return mac(algorithm, session_key, balance.to_bytes(4, "big") + amount.to_bytes(4, "big") + b"\x02" + terminal)


def load_mac2(algorithm: Algorithm, session_key: bytes, load: LoadData) -> bytes:
    """The host's right to credit."""
    return mac(algorithm, session_key, load.amount.to_bytes(4, "big") + b"\x02" + load.terminal + load.time)


def load_tac(algorithm: Algorithm, tac_key: bytes, new_balance: int, online_sequence: int, load: LoadData) -> bytes:
    """TAC of a load, of the sequence number before it."""
    head = new_balance.to_bytes(4, "big") + online_sequence.to_bytes(2, "big")
    return _tac(algorithm, tac_key, head + load.amount.to_bytes(4, "big") + b"\x02" + load.terminal + load.time)


def mac(algorithm: Algorithm, key: bytes, data: bytes) -> bytes:
    """CBC-MAC under a session key, left four bytes; single DES (8-byte key) in the 3DES scheme (§3.1)."""
    return _cbc(algorithm, key, bytes(algorithm.block), pad(data, algorithm.block))[-algorithm.block :][:MAC_SIZE]


def secure_mac(algorithm: Algorithm, key: bytes, random: bytes, data: bytes) -> bytes:
    """MAC of secure messaging: the card's challenge is the IV, filled up with 00 (§3.1, §3.6)."""
    initial = random.ljust(algorithm.block, b"\0")
    padded = pad(data, algorithm.block)
    if algorithm is Algorithm.TRIPLE_DES:
        return retail_mac(key, initial, padded)
    return _cbc(algorithm, key, initial, padded)[-16:][:MAC_SIZE]


def retail_mac(key: bytes, initial: bytes, padded: bytes) -> bytes:
    """ISO 9797-1 algorithm 3: single DES up to the last block, 3DES there; the data is padded already."""
    head, last = padded[:-8], padded[-8:]
    chained = _cbc(Algorithm.TRIPLE_DES, key[:8], initial, head)[-8:] if head else initial
    return _cbc(Algorithm.TRIPLE_DES, key, chained, last)[:MAC_SIZE]


def pad(data: bytes, block: int) -> bytes:
    """80, then 00 to a whole block; a whole block more when the data fills its last one."""
    return data + b"\x80" + bytes(-(len(data) + 1) % block)


def encrypt(algorithm: Algorithm, key: bytes, data: bytes) -> bytes:
    """Whole blocks, each by itself."""
    encryptor = Cipher(_cipher(algorithm, key), modes.ECB()).encryptor()  # noqa: S305 - what the standard uses
    return encryptor.update(data) + encryptor.finalize()


def _cbc(algorithm: Algorithm, key: bytes, initial: bytes, data: bytes) -> bytes:
    encryptor = Cipher(_cipher(algorithm, key), modes.CBC(initial)).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def _cipher(algorithm: Algorithm, key: bytes) -> TripleDES | SM4:
    """DES is 3DES with one key thrice, two-key 3DES has its first key again as the third."""
    if algorithm is Algorithm.SM4:
        return SM4(key)
    return TripleDES(key * 3 if len(key) == 8 else key + key[:8])


def _session_key(algorithm: Algorithm, key: bytes, seed: bytes) -> bytes:
    return encrypt(algorithm, key, seed if algorithm is Algorithm.TRIPLE_DES else pad(seed, 16))


def _tac(algorithm: Algorithm, key: bytes, data: bytes) -> bytes:
    return mac(algorithm, tac_mac_key(algorithm, key), data)


def tac_mac_key(algorithm: Algorithm, key: bytes) -> bytes:
    """3DES folds the halves of the DTK upon each other; SM4 takes it whole (§3.6)."""
    if algorithm is Algorithm.SM4:
        return key
    return bytes(left ^ right for left, right in zip(key[:8], key[8:], strict=True))


def _amount_type_terminal(purchase: PurchaseData) -> bytes:
    return purchase.amount.to_bytes(4, "big") + bytes((purchase.type,)) + purchase.terminal
