"""The issuer's side of a virtual purse: files, balance, locks, and writing under a MAC; everything but transactions."""

import secrets
from collections.abc import Callable

from firmware.card.apdu import Command, Response
from firmware.card.identity import CardIdentity
from firmware.card.status import StatusWord
from simulator import crypto
from simulator.cards import files
from simulator.cards.files import JOURNEYS, LogRecord, Personalisation
from simulator.cards.filesystem import (
    Contents,
    Directory,
    ElementaryFile,
    Refusal,
    Writing,
    with_binary,
    with_record,
)
from simulator.cards.state import Lock, PurseState
from simulator.crypto import MAC_SIZE, Algorithm
from simulator.device import Device, expect, fci
from simulator.keys import CardKeys, card_keys
from simulator.memory import Memory

#: P2 of the purse commands: the electronic purse (01 would be the deposit account).
ELECTRONIC_PURSE = 0x02
GET_CHALLENGE = 0x84
OK = Response(b"", StatusWord.OK)
Random = Callable[[int], bytes]


class PurseApplication(Device):
    """A card's purse application. Its properties look inside without disturbing it."""

    def __init__(
        self,
        identity: CardIdentity,
        card: Personalisation,
        memory: Memory[PurseState],
        *,
        algorithm: Algorithm = Algorithm.TRIPLE_DES,
        random: Random = secrets.token_bytes,
    ) -> None:
        self._purse = files.purse_directory(card)
        super().__init__(identity, files.root_directory(card), self._purse)
        self._card = card
        self._memory = memory
        self._algorithm = algorithm
        self._keys = card_keys(algorithm, *card.factors)
        self._random = random
        self._challenge = b""
        self._commands |= {
            (0x00, 0x84): self._get_challenge,
            (0x80, 0x5C): self._get_balance,
            (0x84, 0x1E): self._block,
            (0x84, 0x18): self._unblock,
            (0x04, 0xD6): self._write_binary,
            (0x04, 0xDC): self._write_record,
            (0x00, 0xD6): self._write_plainly,
            (0x00, 0xDC): self._write_plainly,
        }

    @property
    def numbers(self) -> Personalisation:
        """What the issuer wrote."""
        return self._card

    @property
    def algorithm(self) -> Algorithm:
        """What it calculates with."""
        return self._algorithm

    @property
    def keys(self) -> CardKeys:
        """Its TEST keys."""
        return self._keys

    @property
    def state(self) -> PurseState:
        """Everything that it remembers without power."""
        return self._memory.state

    @property
    def balance(self) -> int:
        """Own money in fen."""
        return self.state.balance

    @property
    def offline_sequence(self) -> int:
        """How many purchases it has made."""
        return self.state.offline_sequence

    @property
    def records(self) -> tuple[LogRecord, ...]:
        """File 18, the newest first."""
        return tuple(LogRecord.from_bytes(raw) for raw in self.state.contents[files.LOG.identifier])

    @property
    def journeys(self) -> tuple[bytes, ...]:
        """File 1E, 48 bytes each, the newest first."""
        return self.state.contents[JOURNEYS.identifier]

    def _contents(self) -> Contents:
        return self.state.contents

    def _fci(self, directory: Directory) -> Response:
        if directory is not self._purse:
            proprietary = files.payment_environment(self._card) if directory.name else b""
            return Response(fci(directory.name, proprietary), StatusWord.OK)
        if self.state.lock is Lock.PERMANENT:
            raise Refusal(StatusWord.APPLICATION_LOCKED)
        blocked = self.state.lock is Lock.TEMPORARY
        status = StatusWord.APPLICATION_BLOCKED if blocked else StatusWord.OK
        return Response(fci(directory.name, files.purse_properties(self._contents())), status)

    def _forget(self) -> None:
        self._challenge = b""

    def _perform(self, command: Command) -> Response:
        """A challenge lives for one command."""
        response = super()._perform(command)
        if command.ins != GET_CHALLENGE:
            self._challenge = b""
        return response

    @property
    def _selected(self) -> bool:
        return self._selection.directory is self._purse

    def _check_usable(self) -> PurseState:
        """The state, for a command that changes it. Raises Refusal."""
        if not self._selected:
            raise Refusal(StatusWord.CONDITIONS_NOT_SATISFIED)
        self.state.check_open()
        return self.state

    def _get_challenge(self, command: Command) -> Response:
        if command.p1 or command.p2:
            raise Refusal(StatusWord.WRONG_P1_P2)
        if command.data or command.le not in (4, 8):
            raise Refusal(StatusWord.WRONG_LENGTH)
        self._challenge = self._random(command.le)
        return Response(self._challenge, StatusWord.OK)

    def _get_balance(self, command: Command) -> Response:
        """P1 chooses: what can be spent, the overdraft's limit, or own money (§8)."""
        if not self._selected:
            raise Refusal(StatusWord.CONDITIONS_NOT_SATISFIED)
        state = self.state
        amounts = {0x00: state.available, 0x01: state.overdraft, 0x03: max(0, state.balance)}
        if command.p1 not in amounts or command.p2 != ELECTRONIC_PURSE:
            raise Refusal(StatusWord.WRONG_P1_P2)
        expect(command, answer=4)
        return Response(amounts[command.p1].to_bytes(4, "big"), StatusWord.OK)

    def _block(self, command: Command) -> Response:
        if command.p1 or command.p2 > 1:
            raise Refusal(StatusWord.WRONG_P1_P2)
        self._lock(command, Lock.PERMANENT if command.p2 else Lock.TEMPORARY)
        return OK

    def _unblock(self, command: Command) -> Response:
        if command.p1 or command.p2:
            raise Refusal(StatusWord.WRONG_P1_P2)
        self._lock(command, Lock.NONE)
        return OK

    def _lock(self, command: Command, lock: Lock) -> None:
        if not self._selected:
            raise Refusal(StatusWord.CONDITIONS_NOT_SATISFIED)
        self._check_secured(command, self._keys.block, StatusWord.MAC_INVALID)
        self._memory.commit(self.state.after_lock(lock))

    def _write_binary(self, command: Command) -> Response:
        self._check_usable()
        file, offset = self._place(command)
        data = self._secured_data(command, file)
        self._memory.commit(self.state.after_write(with_binary(file, self._contents(), offset, data)))
        return OK

    def _write_record(self, command: Command) -> Response:
        self._check_usable()
        if command.p2 & 0x07 != 0x04:
            raise Refusal(StatusWord.WRONG_P1_P2)
        file = self._selection.short(command.p2 >> 3)
        data = self._secured_data(command, file)
        self._memory.commit(self.state.after_write(with_record(file, self._contents(), command.p1, data)))
        return OK

    def _write_plainly(self, _: Command) -> Response:
        """No file of the purse can be written without a MAC."""
        raise Refusal(StatusWord.SECURITY_STATUS_NOT_SATISFIED)

    def _secured_data(self, command: Command, file: ElementaryFile) -> bytes:
        """What a secured command writes into a file. Raises Refusal."""
        if file.writing is Writing.INTERNAL:
            raise Refusal(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        return self._check_secured(command, self._keys.write, StatusWord.SM_OBJECT_WRONG)

    def _check_secured(self, command: Command, key: bytes, wrong: StatusWord) -> bytes:
        """The data before the MAC at the end, which covers the header with Lc too (§3.3). Raises Refusal."""
        if len(command.data) < MAC_SIZE or command.le is not None or command.extended:
            raise Refusal(StatusWord.WRONG_LENGTH)
        if not self._challenge:
            raise Refusal(StatusWord.CONDITIONS_NOT_SATISFIED)
        signed, shown = command.to_bytes()[:-MAC_SIZE], command.data[-MAC_SIZE:]
        expected = crypto.secure_mac(self._algorithm, key, self._challenge, signed)
        self._check_mac(shown, expected, wrong)
        return command.data[:-MAC_SIZE]

    def _check_mac(self, shown: bytes, expected: bytes, wrong: StatusWord) -> None:
        """Raises Refusal for another MAC, after it was counted durably."""
        if shown != expected:
            self._memory.commit(self.state.after_wrong_mac())
            raise Refusal(wrong)
