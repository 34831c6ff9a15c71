"""Commands of the transit application (PBOC electronic purse with compound purchase, as T-Union cards carry it)."""

from dataclasses import dataclass
from typing import Self

from firmware.card.apdu import SHORT_LE, Command
from firmware.errors import MalformedCardData
from firmware.money import Fen

#: T-Union electronic purse (交通联合 电子钱包, label MOT_T_EP).
PURSE_AID = bytes.fromhex("A000000632010105")
#: FCI data object that repeats file 15.
FCI_PUBLIC_INFO = 0x9F0C


class TransactionType:
    """Transaction types of file 18, MACs and TAC."""

    LOAD = 0x02
    PURCHASE = 0x06
    COMPOUND_PURCHASE = 0x09


def read_binary(sfi: int, size: int) -> Command:
    """READ BINARY from the start of a file by its short identifier."""
    return Command(0x00, 0xB0, 0x80 | sfi, 0x00, le=size)


def read_record(sfi: int, number: int, size: int = SHORT_LE) -> Command:
    """READ RECORD by number; in cyclic files 1 is the newest."""
    return Command(0x00, 0xB2, number, sfi << 3 | 4, le=size)


def get_balance() -> Command:
    """GET BALANCE without overdraft (P1 03)."""
    return Command(0x80, 0x5C, 0x03, 0x02, le=4)


def init_for_compound_purchase(key_index: int, amount: Fen, terminal: bytes) -> Command:
    """INITIALIZE FOR CAPP PURCHASE; `terminal` is the PSAM's 6-byte terminal number."""
    return Command(0x80, 0x50, 0x03, 0x02, bytes((key_index,)) + amount.to_bytes(4, "big") + terminal, 15)


def update_cache(sfi: int, record: int, image: bytes) -> Command:
    """UPDATE CAPP DATA CACHE: written when the debit commits, never before. `record` 0 appends to a cyclic file."""
    return Command(0x80, 0xDC, record, sfi << 3, image)


def debit(psam_sequence: int, date_time: bytes, mac1: bytes) -> Command:
    """DEBIT FOR (CAPP) PURCHASE: the one command that moves money."""
    return Command(0x80, 0x54, 0x01, 0x00, psam_sequence.to_bytes(4, "big") + date_time + mac1, 8)


def get_transaction_prove(transaction_type: int, sequence: int) -> Command:
    """GET TRANSACTION PROVE for the offline sequence after the debit; wraps at 16 bits."""
    return Command(0x80, 0x5A, 0x00, transaction_type, (sequence & 0xFFFF).to_bytes(2, "big"), 8)


@dataclass(frozen=True, slots=True)
class Initialized:
    """Answer to INITIALIZE: 15 bytes. `sequence` is the offline sequence before the debit."""

    reported_balance: int
    sequence: int
    overdraft: int
    key_version: int
    algorithm_id: int
    random: bytes

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Raises MalformedCardData unless there are 15 bytes at least."""
        if len(raw) < 15:
            raise MalformedCardData(f"INITIALIZE FOR PURCHASE answered {len(raw)} bytes instead of 15")
        return cls(
            int.from_bytes(raw[:4], "big"),
            int.from_bytes(raw[4:6], "big"),
            int.from_bytes(raw[6:9], "big"),
            raw[9],
            raw[10],
            raw[11:15],
        )

    def usable(self, *, with_overdraft: bool) -> Fen:
        """What may be spent: the reported balance counts the overdraft in, which is the card's and not the rider's."""
        return Fen(self.reported_balance if with_overdraft else self.reported_balance - self.overdraft)


@dataclass(frozen=True, slots=True)
class Proof:
    """What proves a debit: TAC for the clearing host, MAC2 for the PSAM; 4 bytes each."""

    tac: bytes
    mac2: bytes

    @classmethod
    def from_debit(cls, raw: bytes) -> Self | None:
        """DEBIT answers TAC ‖ MAC2; None when the answer is too short to prove anything."""
        return cls(raw[:4], raw[4:8]) if len(raw) >= 8 else None

    @classmethod
    def from_prove(cls, raw: bytes) -> Self | None:
        """GET TRANSACTION PROVE answers MAC2 ‖ TAC: the other way round."""
        return cls(raw[4:8], raw[:4]) if len(raw) >= 8 else None
