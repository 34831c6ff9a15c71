"""A virtual purse card: the transactions of transit §2 over the application, a state table and one memory."""

import secrets
from dataclasses import dataclass

from firmware.card.apdu import Command, Response
from firmware.card.identity import CardIdentity
from firmware.card.status import StatusWord
from firmware.errors import IllegalMove
from simulator import crypto
from simulator.cards.application import ELECTRONIC_PURSE, OK, PurseApplication, Random
from simulator.cards.files import CACHEABLE, PROCESS, Personalisation
from simulator.cards.filesystem import ElementaryFile, Refusal, record
from simulator.cards.machine import Event, State, event_of, move
from simulator.cards.state import LARGEST_BALANCE, LAST_SEQUENCE, Lock, PurseState
from simulator.cards.transactions import CachedUpdate, Debit, Initialization, Load, Purchase
from simulator.crypto import Algorithm
from simulator.device import expect, find
from simulator.keys import KEY_INDEX
from simulator.memory import Memory

SELECT = (0x00, 0xA4)


@dataclass(slots=True)
class Running:
    """A transaction on its way, forgotten with the power."""

    state: State = State.IDLE
    purchase: Purchase | None = None
    load: Load | None = None


class PurseCard(PurseApplication):
    """A transit card."""

    def __init__(
        self,
        identity: CardIdentity,
        card: Personalisation,
        memory: Memory[PurseState],
        *,
        algorithm: Algorithm = Algorithm.TRIPLE_DES,
        random: Random = secrets.token_bytes,
    ) -> None:
        super().__init__(identity, card, memory, algorithm=algorithm, random=random)
        self._running = Running()
        self._commands |= {
            (0x80, 0x50): self._initialize,
            (0x80, 0xDC): self._update_cache,
            (0x80, 0x54): self._debit,
            (0x80, 0x52): self._credit,
            (0x80, 0x5A): self._prove,
        }

    @property
    def machine(self) -> State:
        """What it waits for."""
        return self._running.state

    def _forget(self) -> None:
        super()._forget()
        self._running = Running()

    def _perform(self, command: Command) -> Response:
        find(self._commands, command)
        if self.state.lock is Lock.PERMANENT and self._selected and (command.cla, command.ins) != SELECT:
            raise Refusal(StatusWord.APPLICATION_LOCKED)
        after = self._after(event_of(command))
        response = super()._perform(command)
        self._settle(after)
        return response

    def _after(self, event: Event) -> State:
        """The state that the command leads to if it succeeds. Raises Refusal 6901."""
        try:
            return move(self._running.state, event)
        except IllegalMove:
            raise Refusal(StatusWord.COMMAND_NOT_ACCEPTED) from None

    def _settle(self, after: State) -> None:
        """Enter the state; a transaction ends with IDLE."""
        if after is State.IDLE:
            self._running = Running()
        self._running.state = after

    def _initialize(self, command: Command) -> Response:
        state = self._check_usable()
        event = event_of(command)
        if event is Event.OTHER or command.p2 != ELECTRONIC_PURSE:
            raise Refusal(StatusWord.WRONG_P1_P2)
        expect(command, data=11, answer=16 if event is Event.INIT_LOAD else 15)
        request = Initialization.of(command)
        if request.key_index != KEY_INDEX:
            raise Refusal(StatusWord.KEY_INDEX_NOT_SUPPORTED)
        self._running = Running()
        if event is Event.INIT_LOAD:
            return self._initialize_load(state, request)
        kind = crypto.COMPOUND_PURCHASE if event is Event.INIT_CAPP else crypto.PURCHASE
        return self._initialize_purchase(state, request, kind)

    def _initialize_purchase(self, state: PurseState, request: Initialization, kind: int) -> Response:
        if state.offline_sequence == LAST_SEQUENCE:
            raise Refusal(StatusWord.COUNTER_AT_MAXIMUM)
        if request.amount > state.available:
            raise Refusal(StatusWord.INSUFFICIENT_FUNDS)
        purchase = Purchase(self._algorithm, kind, request, self._random(4), state.offline_sequence)
        self._running.purchase = purchase
        return Response(purchase.answer(state), StatusWord.OK)

    def _initialize_load(self, state: PurseState, request: Initialization) -> Response:
        if state.online_sequence == LAST_SEQUENCE:
            raise Refusal(StatusWord.COUNTER_AT_MAXIMUM)
        if state.available + request.amount > LARGEST_BALANCE:
            raise Refusal(StatusWord.CONDITIONS_NOT_SATISFIED)
        load = Load(self._algorithm, request, self._random(4), state.online_sequence)
        self._running.load = load
        return Response(load.answer(state, self._keys), StatusWord.OK)

    def _update_cache(self, command: Command) -> Response:
        """P2 is the SFI alone; P1 names the record of file 1A by its identifier's low byte, 00 in file 1E."""
        purchase = self._running.purchase
        assert purchase is not None
        if command.p2 & 0x07:
            raise Refusal(StatusWord.WRONG_P1_P2)
        file = self._selection.short(command.p2 >> 3)
        if file not in CACHEABLE:
            raise Refusal(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        expect(command, data=file.size)
        self._check_target(file, command)
        self._running.purchase = purchase.cached(CachedUpdate(file, command.p1, command.data))
        return OK

    def _check_target(self, file: ElementaryFile, command: Command) -> None:
        if file is PROCESS:
            head = record(file, self._contents(), command.p1)[:3]
            if command.data[:3] != head:
                raise Refusal(StatusWord.WRONG_DATA)
        elif command.p1:
            raise Refusal(StatusWord.WRONG_P1_P2)

    def _debit(self, command: Command) -> Response:
        """Nothing has changed before the commit, everything after it; the answer may still be lost."""
        purchase = self._running.purchase
        assert purchase is not None
        if (command.p1, command.p2) != (0x01, 0x00):
            raise Refusal(StatusWord.WRONG_P1_P2)
        expect(command, data=15, answer=8)
        debit = Debit.of(command)
        self._check_mac(debit.mac1, purchase.mac1(self._keys, debit), StatusWord.MAC_INVALID)
        self._memory.commit(purchase.result(self.state, self._keys, debit))
        proof = purchase.proof(self._keys, debit)
        return Response(proof.tac + proof.mac2, StatusWord.OK)

    def _credit(self, command: Command) -> Response:
        load = self._running.load
        assert load is not None
        if command.p1 or command.p2:
            raise Refusal(StatusWord.WRONG_P1_P2)
        expect(command, data=11, answer=4)
        time, mac2 = command.data[:7], command.data[7:]
        self._check_mac(mac2, load.mac2(self._keys, time), StatusWord.MAC_INVALID)
        state = load.result(self.state, self._keys, time)
        self._memory.commit(state)
        assert state.proof is not None
        return Response(state.proof.tac, StatusWord.OK)

    def _prove(self, command: Command) -> Response:
        """GET TRANSACTION PROVE: MAC2 first, then TAC; the counter asked for is the one after the transaction."""
        if command.p1:
            raise Refusal(StatusWord.WRONG_P1_P2)
        expect(command, data=2, answer=8)
        proof = self.state.proof
        sequence = int.from_bytes(command.data, "big")
        if not self._selected or proof is None or (proof.type, proof.sequence) != (command.p2, sequence):
            raise Refusal(StatusWord.PROOF_NOT_AVAILABLE)
        return Response(proof.mac2 + proof.tac, StatusWord.OK)
