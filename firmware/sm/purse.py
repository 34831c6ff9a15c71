"""What card, PSAM and clearing house sign when money moves (PBOC 2.0 purse, JT/T 978; transit §3.3).

All numbers are big-endian. A terminal never holds these keys: its PSAM does. Whoever checks records or tops cards up
does, and the tests.
"""

from dataclasses import dataclass
from enum import IntEnum

from firmware.money import Fen
from firmware.sm.ecb import check_size
from firmware.sm.keys import ASSUMED, LOAD_FILLER, PurseKey, Sm4Profile

#: Bytes of a random number that a session is made of.
RANDOM = 4
#: Bytes of a terminal number (BCD), and of a local time YYYYMMDDhhmmss (BCD).
TERMINAL, TIME = 6, 7


class TransactionType(IntEnum):
    """Transaction types that are signed (file 18)."""

    LOAD = 0x02
    PURCHASE = 0x06
    COMPOUND_PURCHASE = 0x09


@dataclass(frozen=True, slots=True)
class Operation:
    """What both sides of a transaction sign: `terminal` of 6 BCD bytes, `time` of 7. ValueError for other sizes."""

    amount: Fen
    type: TransactionType
    terminal: bytes
    time: bytes

    def __post_init__(self) -> None:
        check_size("a terminal number", self.terminal, TERMINAL)
        check_size("a time", self.time, TIME)


def purchase_session(
    key: PurseKey, random: bytes, offline_sequence: int, psam_sequence: int, profile: Sm4Profile = ASSUMED
) -> PurseKey:
    """SESPK: of the card's sequence number before the purchase and the low half of the PSAM's."""
    check_size("the random number", random, RANDOM)
    return key.session(random + _number(offline_sequence, 2) + _number(psam_sequence, 4)[2:], profile)


def load_session(key: PurseKey, random: bytes, online_sequence: int, profile: Sm4Profile = ASSUMED) -> PurseKey:
    """SESLK: of the card's online sequence number before the load."""
    check_size("the random number", random, RANDOM)
    return key.session(random + _number(online_sequence, 2) + LOAD_FILLER, profile)


def mac1(session: PurseKey, operation: Operation) -> bytes:
    """The PSAM's four bytes in DEBIT."""
    return session.mac(_money(operation.amount) + _place(operation) + operation.time)


def mac2(session: PurseKey, amount: Fen) -> bytes:
    """The card's four bytes that prove to the PSAM that it has paid."""
    return session.mac(_money(amount))


def purchase_tac(key: PurseKey, operation: Operation, psam_sequence: int) -> bytes:
    """The card's four bytes that prove the purchase to the clearing house, under its TAC key DTK."""
    signed = _money(operation.amount) + _place(operation) + _number(psam_sequence, 4) + operation.time
    return key.tac_key().mac(signed)


def load_mac1(session: PurseKey, old_balance: Fen, operation: Operation) -> bytes:
    """The card's four bytes in the answer to INITIALIZE FOR LOAD."""
    return session.mac(_money(old_balance) + _money(operation.amount) + _place(operation))


def load_mac2(session: PurseKey, operation: Operation) -> bytes:
    """The host's four bytes in CREDIT FOR LOAD."""
    return session.mac(_money(operation.amount) + _place(operation) + operation.time)


def load_tac(key: PurseKey, new_balance: Fen, online_sequence: int, operation: Operation) -> bytes:
    """The card's four bytes that prove the load: of its sequence number before the load."""
    signed = _money(new_balance) + _number(online_sequence, 2) + _money(operation.amount)
    return key.tac_key().mac(signed + _place(operation) + operation.time)


def _place(operation: Operation) -> bytes:
    return bytes((operation.type,)) + operation.terminal


def _money(amount: Fen) -> bytes:
    return _number(amount, 4)


def _number(value: int, size: int) -> bytes:
    """Raises ValueError for a number that the card has no room for."""
    if not 0 <= value < 1 << 8 * size:
        raise ValueError(f"{value} does not fit into {size} bytes")
    return value.to_bytes(size, "big")
