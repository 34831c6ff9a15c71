"""What a purse remembers without power: one immutable value, and the values that follow from it.

A commit replaces the whole of it, so that balance, counter, log, cached records and proof change together (§2.3).
"""

from dataclasses import dataclass, replace
from enum import Enum

from firmware.card.status import StatusWord
from simulator.cards.files import LOG, LogRecord
from simulator.cards.filesystem import Contents, Refusal, with_newest

#: So many wrong MACs in a row lock the application (§2.2).
MAC_TRIES = 3
#: The counters of the purse have two bytes.
LAST_SEQUENCE = 0xFFFF
#: The balance and every amount fit in 31 bits.
LARGEST_BALANCE = 0x7FFFFFFF


class Lock(Enum):
    """Whether the application may be used."""

    NONE = "none"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True)
class Proof:
    """What GET TRANSACTION PROVE gives: type and counter (after the transaction) that are asked for, MAC2 and TAC."""

    type: int
    sequence: int
    mac2: bytes
    tac: bytes


@dataclass(frozen=True, slots=True)
class PurseState:
    """Own money in fen (negative when the overdraft is used), its limit, the counters, files and proof."""

    balance: int
    contents: Contents
    overdraft: int = 0
    offline_sequence: int = 0
    online_sequence: int = 0
    mac_tries: int = MAC_TRIES
    lock: Lock = Lock.NONE
    proof: Proof | None = None

    @property
    def available(self) -> int:
        """What can be spent: own money and overdraft."""
        return self.balance + self.overdraft

    def check_open(self) -> None:
        """Raises Refusal when the application is blocked."""
        if self.lock is not Lock.NONE:
            raise Refusal(StatusWord.CONDITIONS_NOT_SATISFIED)

    def after_purchase(self, record: LogRecord, files: Contents, proof: Proof) -> "PurseState":
        """The state once a purchase is done; `files` are the contents with what was cached."""
        return replace(
            self,
            balance=self.balance - record.amount,
            offline_sequence=record.sequence,
            contents=with_newest(LOG, files, record.to_bytes()),
            mac_tries=MAC_TRIES,
            proof=proof,
        )

    def after_load(self, record: LogRecord, proof: Proof) -> "PurseState":
        """The state once a load is done."""
        return replace(
            self,
            balance=self.balance + record.amount,
            online_sequence=record.sequence,
            contents=with_newest(LOG, self.contents, record.to_bytes()),
            mac_tries=MAC_TRIES,
            proof=proof,
        )

    def after_write(self, files: Contents) -> "PurseState":
        """The state once a file was written under a MAC."""
        return replace(self, contents=files, mac_tries=MAC_TRIES)

    def after_lock(self, lock: Lock) -> "PurseState":
        """The state once the application was blocked or unblocked under a MAC."""
        return replace(self, lock=lock, mac_tries=MAC_TRIES)

    def after_wrong_mac(self) -> "PurseState":
        """One try fewer; the last one blocks the application, and when it is blocked already, for ever."""
        if self.mac_tries > 1:
            return replace(self, mac_tries=self.mac_tries - 1)
        lock = Lock.TEMPORARY if self.lock is Lock.NONE else Lock.PERMANENT
        return replace(self, mac_tries=MAC_TRIES, lock=lock)
