"""A virtual PSAM: the commands of transit §4, under TEST keys.

It holds SESPK from 8070 until the next 8070 or the loss of power, so that MAC2 may be shown again, also after a
recovery. Its sequence number is never smaller than before (§9).
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from firmware.card.apdu import Command, Response
from firmware.card.identity import CardIdentity, Technology
from firmware.card.status import StatusWord
from firmware.errors import ConfigurationError
from simulator import crypto
from simulator.cards.filesystem import Contents, Directory, ElementaryFile, Refusal, Structure, Writing
from simulator.crypto import ALGORITHMS, Algorithm, PurchaseData, card_key
from simulator.device import Device, expect, fci, wants_all
from simulator.keys import BLOCK_KEY, GMAK, GMPK, GMWK, KEY_INDEX, KEY_VERSION, WRITE_KEY
from simulator.memory import Memory

SAM_PROFILES = ("transit",)
#: The number of the PSAM, 20 digits; the last twelve are its terminal number.
PSAM_NUMBER = "00000000391000000123"
#: Historical bytes of the answer to reset: nothing but a name.
HISTORICAL = b"TESTPSAM"

SERIAL = ElementaryFile(0x0015, Structure.TRANSPARENT, 10, writing=Writing.INTERNAL)
TERMINAL = ElementaryFile(0x0016, Structure.TRANSPARENT, 6, writing=Writing.INTERNAL)
KEYS = ElementaryFile(0x0017, Structure.TRANSPARENT, 1, writing=Writing.INTERNAL)
MASTER = Directory(0x3F00, files=(SERIAL, TERMINAL))
T_UNION = Directory(0x8011, files=(KEYS,))

FIRST_SEQUENCE = 1
LAST_SEQUENCE = 0xFFFFFFFF
PURCHASE_TYPES = (crypto.PURCHASE, crypto.COMPOUND_PURCHASE)
#: INIT_FOR_DESCRYPT's P1: two levels of derivation, maintenance key (§4.4).
TWO_LEVELS_MAINTENANCE = 0x45
MAINTENANCE_KEYS = {BLOCK_KEY: GMAK.key, WRITE_KEY: GMWK.key}
#: DESCRYPT's P1 (§4.4).
ENCRYPT, CALCULATE_MAC = 0x00, 0x05


class Counting(Enum):
    """When the sequence number goes up: some modules count finished purchases, some every MAC1 (§4.3)."""

    AT_CREDIT = "8072"
    AT_INIT = "8070"


@dataclass(frozen=True, slots=True)
class SamState:
    """What the module remembers without power: the sequence number that the next 8070 will give."""

    sequence: int = FIRST_SEQUENCE


@dataclass(slots=True)
class Session:
    """A purchase between MAC1 and MAC2."""

    mac2: bytes
    counted: bool


@dataclass(slots=True)
class Volatile:
    """What the module forgets with the power."""

    session: Session | None = None
    maintenance_key: bytes = b""
    waiting: bytes = b""


@dataclass(frozen=True, slots=True)
class Mac1Request:
    """The 36 bytes of INIT_SAM_FOR_PURCHASE (§4.2)."""

    random: bytes
    offline_sequence: int
    amount: int
    type: int
    time: bytes
    key_version: int
    algorithm: int
    low_serial: bytes
    issuer_id: bytes

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Mac1Request":
        """Take 36 bytes apart."""
        return cls(
            random=raw[:4],
            offline_sequence=int.from_bytes(raw[4:6], "big"),
            amount=int.from_bytes(raw[6:10], "big"),
            type=raw[10],
            time=raw[11:18],
            key_version=raw[18],
            algorithm=raw[19],
            low_serial=raw[20:28],
            issuer_id=raw[28:],
        )


class Sam(Device):
    """A purchase secure access module."""

    def __init__(
        self,
        identity: CardIdentity,
        number: str,
        memory: Memory[SamState],
        *,
        counting: Counting = Counting.AT_CREDIT,
        get_response: bool = True,
    ) -> None:
        super().__init__(identity, MASTER, T_UNION)
        self._number = bytes.fromhex(number)
        self._memory = memory
        self._counting = counting
        self._get_response = get_response
        self._volatile = Volatile()
        self._commands |= {
            (0x00, 0xC0): self._fetch,
            (0x80, 0x70): self._init_for_purchase,
            (0x80, 0x72): self._credit_for_purchase,
            (0x80, 0x1A): self._init_for_descrypt,
            (0x80, 0xFA): self._descrypt,
        }

    @property
    def number(self) -> str:
        """The PSAM number, 20 digits."""
        return self._number.hex()

    @property
    def terminal(self) -> str:
        """The terminal number, 12 digits."""
        return self._number[-TERMINAL.size :].hex()

    @property
    def sequence(self) -> int:
        """The sequence number that the next 8070 will give."""
        return self._memory.state.sequence

    def _contents(self) -> Contents:
        return {
            SERIAL.identifier: (self._number,),
            TERMINAL.identifier: (self._number[-TERMINAL.size :],),
            KEYS.identifier: (bytes((KEY_INDEX,)),),
        }

    def _fci(self, directory: Directory) -> Response:
        return Response(fci(directory.name, b""), StatusWord.OK)

    def reset(self) -> None:
        """Power lost: the session is gone, the sequence stays."""
        super().reset()
        self._volatile = Volatile()

    def _forget(self) -> None:
        """A mistake ends nothing but an answer that waits to be fetched."""
        self._volatile.waiting = b""

    def _perform(self, command: Command) -> Response:
        """Under T=0 the answer to a command with data waits for GET RESPONSE."""
        if command.ins != 0xC0:
            self._forget()
        response = super()._perform(command)
        if not (self._get_response and command.data and response.data):
            return response
        self._volatile.waiting = response.data
        return Response(b"", StatusWord(0x6100 | len(response.data)))

    def _fetch(self, command: Command) -> Response:
        """GET RESPONSE: all, a part with the rest announced again, or 6Cxx when more is asked for than there is."""
        waiting = self._volatile.waiting
        if not waiting:
            raise Refusal(StatusWord.CONDITIONS_NOT_SATISFIED)
        size = len(waiting) if wants_all(command) else command.le or 0
        if size > len(waiting):
            return Response(b"", StatusWord(0x6C00 | len(waiting)))
        self._volatile.waiting = waiting[size:]
        rest = len(waiting) - size
        return Response(waiting[:size], StatusWord(0x6100 | rest) if rest else StatusWord.OK)

    def _check_selected(self, command: Command) -> None:
        """Raises Refusal outside of the T-Union directory, and for parameters other than 00 00."""
        if self._selection.directory is not T_UNION:
            raise Refusal(StatusWord.CONDITIONS_NOT_SATISFIED)
        if command.ins in (0x70, 0x72) and (command.p1 or command.p2):
            raise Refusal(StatusWord.WRONG_P1_P2)

    def _init_for_purchase(self, command: Command) -> Response:
        """The number given is durable before it leaves when every MAC1 counts."""
        self._check_selected(command)
        expect(command, data=36, answer=8)
        request = Mac1Request.from_bytes(command.data)
        algorithm = _check(request)
        sequence = self.sequence
        if sequence == LAST_SEQUENCE:
            raise Refusal(StatusWord.COUNTER_AT_MAXIMUM)
        self._volatile.session = None
        at_once = self._counting is Counting.AT_INIT
        if at_once:
            self._count()
        key = self._session_key(algorithm, request, sequence)
        data = PurchaseData(request.amount, request.type, bytes.fromhex(self.terminal), sequence, request.time)
        self._volatile.session = Session(crypto.purchase_mac2(algorithm, key, request.amount), counted=at_once)
        return Response(sequence.to_bytes(4, "big") + crypto.purchase_mac1(algorithm, key, data), StatusWord.OK)

    @staticmethod
    def _session_key(algorithm: Algorithm, request: Mac1Request, sequence: int) -> bytes:
        key = card_key(algorithm, GMPK.key, request.issuer_id, request.low_serial)
        return crypto.purchase_session_key(algorithm, key, request.random, request.offline_sequence, sequence)

    def _credit_for_purchase(self, command: Command) -> Response:
        """A wrong MAC2 uses the number up too: the card may have debited under it."""
        self._check_selected(command)
        expect(command, data=4)
        session = self._volatile.session
        if session is None:
            raise Refusal(StatusWord.COMMAND_NOT_ACCEPTED)
        if not session.counted:
            self._count()
            session.counted = True
        if command.data != session.mac2:
            raise Refusal(StatusWord.MAC_INVALID)
        return Response(b"", StatusWord.OK)

    def _count(self) -> None:
        self._memory.commit(SamState(self.sequence + 1))

    def _init_for_descrypt(self, command: Command) -> Response:
        """3DES only: how a PSAM is told to do this with SM4 is not public."""
        self._check_selected(command)
        root = MAINTENANCE_KEYS.get(command.p2)
        if command.p1 != TWO_LEVELS_MAINTENANCE or root is None:
            raise Refusal(StatusWord.KEY_NOT_FOUND)
        expect(command, data=16)
        low_serial, issuer_id = command.data[:8], command.data[8:]
        self._volatile.maintenance_key = card_key(Algorithm.TRIPLE_DES, root, issuer_id, low_serial)
        return Response(b"", StatusWord.OK)

    def _descrypt(self, command: Command) -> Response:
        """The caller pads; for a MAC the first block is the initial value."""
        self._check_selected(command)
        key, data = self._volatile.maintenance_key, command.data
        if not key:
            raise Refusal(StatusWord.COMMAND_NOT_ACCEPTED)
        if command.p1 not in (ENCRYPT, CALCULATE_MAC) or command.p2:
            raise Refusal(StatusWord.WRONG_P1_P2)
        if not data or len(data) % 8 or (command.p1 == CALCULATE_MAC and len(data) < 16):
            raise Refusal(StatusWord.WRONG_LENGTH)
        if command.p1 == ENCRYPT:
            return Response(crypto.encrypt(Algorithm.TRIPLE_DES, key, data), StatusWord.OK)
        return Response(crypto.retail_mac(key, data[:8], data[8:]), StatusWord.OK)


def _check(request: Mac1Request) -> Algorithm:
    """Raises Refusal for a type, key version or algorithm that the module does not have."""
    if request.type not in PURCHASE_TYPES:
        raise Refusal(StatusWord.WRONG_DATA)
    if request.key_version != KEY_VERSION or request.algorithm not in ALGORITHMS:
        raise Refusal(StatusWord.KEY_NOT_FOUND)
    return ALGORITHMS[request.algorithm]


def open_sam(
    profile: str,
    state: Path | None = None,
    *,
    counting: Counting = Counting.AT_CREDIT,
    get_response: bool = True,
    number: str = PSAM_NUMBER,
) -> Sam:
    """A PSAM of a profile; with a state file its sequence goes on from where it was.

    `get_response`: answers to commands with data wait behind 61xx, as the T=0 modules in the field do it.
    `number` makes another module (20 digits). Raises ConfigurationError.
    """
    if profile not in SAM_PROFILES:
        raise ConfigurationError("", f"there is no PSAM profile {profile!r}; there is {', '.join(SAM_PROFILES)}")
    identity = CardIdentity(Technology.CONTACT, b"", HISTORICAL)
    memory = Memory(SamState(), f"sam {profile} {number}", state)
    return Sam(identity, number, memory, counting=counting, get_response=get_response)
