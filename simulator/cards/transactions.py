"""A transaction between INITIALIZE and its end: what the purse has promised, and what it calculates (transit §3.3)."""

from dataclasses import dataclass, replace

from firmware.card.apdu import Command
from simulator import crypto
from simulator.cards.files import JOURNEYS, LogRecord
from simulator.cards.filesystem import Contents, ElementaryFile, with_newest, with_record
from simulator.cards.state import Proof, PurseState
from simulator.crypto import Algorithm, LoadData, PurchaseData
from simulator.keys import KEY_VERSION, CardKeys


@dataclass(frozen=True, slots=True)
class Initialization:
    """The data of an INITIALIZE: key index, amount in fen, terminal number (6 bytes)."""

    key_index: int
    amount: int
    terminal: bytes

    @classmethod
    def of(cls, command: Command) -> "Initialization":
        """Take the 11 bytes apart."""
        return cls(command.data[0], int.from_bytes(command.data[1:5], "big"), command.data[5:])


@dataclass(frozen=True, slots=True)
class CachedUpdate:
    """A record that becomes valid with the debit."""

    file: ElementaryFile
    number: int
    data: bytes

    def within(self, contents: Contents) -> Contents:
        """The contents with this record."""
        if self.file is JOURNEYS:
            return with_newest(self.file, contents, self.data)
        return with_record(self.file, contents, self.number, self.data)


@dataclass(frozen=True, slots=True)
class Purchase:
    """A purchase of type 06 or 09 that was initialized."""

    algorithm: Algorithm
    type: int
    request: Initialization
    random: bytes
    offline_sequence: int
    updates: tuple[CachedUpdate, ...] = ()

    def answer(self, state: PurseState) -> bytes:
        """The 15 bytes of INITIALIZE's answer: the balance includes the overdraft, whose limit follows (§2.1)."""
        money = state.available.to_bytes(4, "big")
        counters = self.offline_sequence.to_bytes(2, "big") + state.overdraft.to_bytes(3, "big")
        return money + counters + bytes((KEY_VERSION, self.algorithm.identifier)) + self.random

    def cached(self, update: CachedUpdate) -> "Purchase":
        """With one more update; a second one of the same record takes the first one's place."""
        others = (old for old in self.updates if (old.file, old.number) != (update.file, update.number))
        return replace(self, updates=(*others, update))

    def data(self, debit: "Debit") -> PurchaseData:
        """What MACs and TAC are made of."""
        request = self.request
        return PurchaseData(request.amount, self.type, request.terminal, debit.terminal_sequence, debit.time)

    def session_key(self, keys: CardKeys, debit: "Debit") -> bytes:
        """SESPK."""
        return crypto.purchase_session_key(
            self.algorithm, keys.purchase, self.random, self.offline_sequence, debit.terminal_sequence
        )

    def mac1(self, keys: CardKeys, debit: "Debit") -> bytes:
        """The MAC1 that the terminal must show."""
        return crypto.purchase_mac1(self.algorithm, self.session_key(keys, debit), self.data(debit))

    def proof(self, keys: CardKeys, debit: "Debit") -> Proof:
        """MAC2 and TAC."""
        mac2 = crypto.purchase_mac2(self.algorithm, self.session_key(keys, debit), self.request.amount)
        tac = crypto.purchase_tac(self.algorithm, keys.tac, self.data(debit))
        return Proof(self.type, self.offline_sequence + 1, mac2, tac)

    def result(self, state: PurseState, keys: CardKeys, debit: "Debit") -> PurseState:
        """Everything that the debit changes, at once."""
        files = state.contents
        for update in self.updates:
            files = update.within(files)
        record = _record(self.offline_sequence + 1, state, self.request, self.type, debit.time)
        return state.after_purchase(record, files, self.proof(keys, debit))


@dataclass(frozen=True, slots=True)
class Debit:
    """The data of a DEBIT: PSAM's sequence, local time (7 BCD bytes), MAC1."""

    terminal_sequence: int
    time: bytes
    mac1: bytes

    @classmethod
    def of(cls, command: Command) -> "Debit":
        """Take the 15 bytes apart."""
        return cls(int.from_bytes(command.data[:4], "big"), command.data[4:11], command.data[11:])


@dataclass(frozen=True, slots=True)
class Load:
    """A load that was initialized."""

    algorithm: Algorithm
    request: Initialization
    random: bytes
    online_sequence: int

    def session_key(self, keys: CardKeys) -> bytes:
        """SESLK."""
        return crypto.load_session_key(self.algorithm, keys.load, self.random, self.online_sequence)

    def answer(self, state: PurseState, keys: CardKeys) -> bytes:
        """The 16 bytes of INITIALIZE's answer, MAC1 at their end."""
        request, money = self.request, state.available
        mac1 = crypto.load_mac1(self.algorithm, self.session_key(keys), money, request.amount, request.terminal)
        head = money.to_bytes(4, "big") + self.online_sequence.to_bytes(2, "big")
        return head + bytes((KEY_VERSION, self.algorithm.identifier)) + self.random + mac1

    def mac2(self, keys: CardKeys, time: bytes) -> bytes:
        """The MAC2 that the host must show."""
        return crypto.load_mac2(self.algorithm, self.session_key(keys), self._data(time))

    def result(self, state: PurseState, keys: CardKeys, time: bytes) -> PurseState:
        """Everything that the credit changes, at once. The proof repeats the host's MAC2 (an assumption)."""
        money = state.available + self.request.amount
        tac = crypto.load_tac(self.algorithm, keys.tac, money, self.online_sequence, self._data(time))
        proof = Proof(crypto.LOAD, self.online_sequence + 1, self.mac2(keys, time), tac)
        record = _record(self.online_sequence + 1, state, self.request, crypto.LOAD, time)
        return state.after_load(record, proof)

    def _data(self, time: bytes) -> LoadData:
        return LoadData(self.request.amount, self.request.terminal, time)


def _record(sequence: int, state: PurseState, request: Initialization, kind: int, time: bytes) -> LogRecord:
    return LogRecord(sequence, state.overdraft, request.amount, kind, request.terminal.hex(), time.hex())
