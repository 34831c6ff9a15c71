"""What every virtual card and secure module has in common: it takes an APDU apart, finds the command, and answers.

Selection and free reading are the same everywhere (ISO/IEC 7816-4); a device adds its own commands to the table.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TypeAlias

from firmware import logs
from firmware.card import tlv
from firmware.card.apdu import SHORT_LE, Command, Response
from firmware.card.identity import CardIdentity
from firmware.card.status import StatusWord
from simulator.cards.filesystem import (
    OFFSET_OUTSIDE,
    Contents,
    Directory,
    ElementaryFile,
    Refusal,
    Selection,
    binary,
    record,
)
from simulator.cards.port import Reply

log = logs.instrument(__name__)

Handler: TypeAlias = Callable[[Command], Response]
#: Class and instruction byte.
Code: TypeAlias = tuple[int, int]
#: SELECT's P1: by file identifier, by name.
BY_IDENTIFIER, BY_NAME = 0x00, 0x04
#: READ BINARY's P1, and the high bits of a short file identifier within it.
WITH_SFI, SFI_BITS = 0x80, 0xE0
#: READ RECORD's P2: P1 is a record number.
BY_NUMBER = 0x04


class Device(ABC):
    """A virtual device: files that can be selected and read, and a table of commands."""

    def __init__(self, identity: CardIdentity, root: Directory, *applications: Directory) -> None:
        self._identity = identity
        self._selection = Selection(root, applications)
        self._commands: dict[Code, Handler] = {
            (0x00, 0xA4): self._select,
            (0x00, 0xB0): self._read_binary,
            (0x00, 0xB2): self._read_record,
        }

    @property
    def identity(self) -> CardIdentity:
        """Technology, UID and historical bytes."""
        return self._identity

    def reset(self) -> None:
        """Power or field lost."""
        self._selection.reset()
        self._forget()

    def answer(self, apdu: bytes) -> Reply:
        """Answer one APDU, whatever its bytes."""
        return Reply(self.respond(apdu).to_bytes())

    def respond(self, apdu: bytes) -> Response:
        """The answer, taken apart."""
        try:
            command = Command.from_bytes(apdu)
        except ValueError:
            self._forget()
            return Response(b"", StatusWord.WRONG_LENGTH)
        try:
            return self._perform(command)
        except Refusal as refusal:
            self._forget()
            return Response(b"", refusal.status)
        except OSError as error:
            log.error("memory-failure", error=error)
            self._forget()
            return Response(b"", StatusWord.MEMORY_FAILURE)

    @abstractmethod
    def _contents(self) -> Contents:
        """What the files hold at the moment."""

    @abstractmethod
    def _fci(self, directory: Directory) -> Response:
        """The answer to a SELECT of a directory. Raises Refusal when it cannot be selected."""

    @abstractmethod
    def _forget(self) -> None:
        """Drop what a refused command, a reset or a mistake ends."""

    def _perform(self, command: Command) -> Response:
        """Find the command and run it. Raises Refusal."""
        return find(self._commands, command)(command)

    def _select(self, command: Command) -> Response:
        if command.p2:
            raise Refusal(StatusWord.WRONG_P1_P2)
        if command.p1 == BY_NAME:
            return self._enter(self._selection.by_name(command.data))
        if command.p1 != BY_IDENTIFIER:
            raise Refusal(StatusWord.WRONG_P1_P2)
        if len(command.data) != 2:
            raise Refusal(StatusWord.WRONG_LENGTH)
        return self._select_identifier(int.from_bytes(command.data, "big"))

    def _select_identifier(self, identifier: int) -> Response:
        if self._selection.elementary(identifier):
            return Response(b"", StatusWord.OK)
        return self._enter(self._selection.by_identifier(identifier))

    def _enter(self, directory: Directory) -> Response:
        fci = self._fci(directory)
        self._selection.enter(directory)
        return fci

    def _read_binary(self, command: Command) -> Response:
        file, offset = self._place(command)
        data = binary(file, self._contents())[offset:]
        if not data:
            raise Refusal(OFFSET_OUTSIDE)
        return Response(cut(data, command), StatusWord.OK)

    def _place(self, command: Command) -> tuple[ElementaryFile, int]:
        """The file and offset that P1 and P2 of a command on transparent files mean."""
        if not command.p1 & WITH_SFI:
            return self._selection.short(0), command.p1 << 8 | command.p2
        if command.p1 & SFI_BITS != WITH_SFI:
            raise Refusal(StatusWord.WRONG_P1_P2)
        return self._selection.short(command.p1 & 0x1F), command.p2

    def _read_record(self, command: Command) -> Response:
        if command.p2 & 0x07 != BY_NUMBER:
            raise Refusal(StatusWord.WRONG_P1_P2)
        data = record(self._selection.short(command.p2 >> 3), self._contents(), command.p1)
        return Response(cut(data, command), StatusWord.OK)


def find(commands: Mapping[Code, Handler], command: Command) -> Handler:
    """The handler of a command. Raises Refusal 6E00 for a wrong class, 6D00 for an unknown instruction."""
    handler = commands.get((command.cla, command.ins))
    if handler is not None:
        return handler
    wrong_class = all(cla != command.cla for cla, _ in commands) or any(ins == command.ins for _, ins in commands)
    raise Refusal(StatusWord.CLA_NOT_SUPPORTED if wrong_class else StatusWord.INS_NOT_SUPPORTED)


def expect(command: Command, *, data: int = 0, answer: int | None = None) -> None:
    """Check Lc and Le; an absent Le, or one of "as much as there is", always fits. Raises Refusal 6700."""
    if len(command.data) != data or not (wants_all(command) or command.le == answer):
        raise Refusal(StatusWord.WRONG_LENGTH)


def cut(data: bytes, command: Command) -> bytes:
    """The part of the data that Le asks for. Raises Refusal 6Cxx when it asks for more than there is."""
    if command.data:
        raise Refusal(StatusWord.WRONG_LENGTH)
    if wants_all(command):
        return data
    assert command.le is not None
    if command.le > len(data):
        raise Refusal(StatusWord(0x6C00 | len(data) & 0xFF))
    return data[: command.le]


def wants_all(command: Command) -> bool:
    """Whether the command has no Le or the one that means "as much as there is"."""
    return command.le is None or command.le >= SHORT_LE


def fci(name: bytes, *proprietary: bytes) -> bytes:
    """File control information: 6F with the DF name and the proprietary template."""
    return tlv.build(0x6F, tlv.build(0x84, name) if name else b"", tlv.build(0xA5, *proprietary))
