"""Cards that misbehave: a plan of faults by command number or instruction, around any virtual card or secure module."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Protocol

from firmware.card.identity import CardIdentity
from simulator.cards.port import Reply, VirtualCard

GET_RESPONSE = 0xC0
OK = b"\x90\x00"
GONE = Reply(None)


class Effect(Protocol):
    """What goes wrong with one command."""

    def apply(self, card: "FaultyCard", apdu: bytes, /) -> Reply:
        """Answer in place of the card, which `card.obey` asks."""
        ...


@dataclass(frozen=True, slots=True)
class LeaveBefore:
    """The card leaves before it has got the command."""

    def apply(self, _card: "FaultyCard", _apdu: bytes, /) -> Reply:
        return GONE


@dataclass(frozen=True, slots=True)
class LeaveAfter:
    """The card obeys and leaves before it has answered."""

    def apply(self, card: "FaultyCard", apdu: bytes, /) -> Reply:
        card.obey(apdu)
        return GONE


@dataclass(frozen=True, slots=True)
class Cut:
    """The card obeys and leaves when so many bytes of its answer have arrived."""

    after: int = 1

    def apply(self, card: "FaultyCard", apdu: bytes, /) -> Reply:
        return replace(card.obey(apdu), cut=self.after)


@dataclass(frozen=True, slots=True)
class Slow:
    """The card obeys and answers so many seconds later; over ISO-DEP it asks for the time."""

    seconds: float

    def apply(self, card: "FaultyCard", apdu: bytes, /) -> Reply:
        return replace(card.obey(apdu), seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Extend:
    """The card asks for more time so often before it answers (contactless)."""

    times: int

    def apply(self, card: "FaultyCard", apdu: bytes, /) -> Reply:
        return replace(card.obey(apdu), waits=self.times)


@dataclass(frozen=True, slots=True)
class Mute:
    """The card stays where it is and answers nothing, having obeyed or not."""

    obeys: bool = False

    def apply(self, card: "FaultyCard", apdu: bytes, /) -> Reply:
        if self.obeys:
            card.obey(apdu)
        return Reply(b"", seconds=inf)


@dataclass(frozen=True, slots=True)
class Fetch:
    """The card obeys, announces its data with 61xx, and hands it out by GET RESPONSE."""

    def apply(self, card: "FaultyCard", apdu: bytes, /) -> Reply:
        reply = card.obey(apdu)
        if not reply.data or len(reply.data) == 2:
            return reply
        card.keep(reply.data)
        return replace(reply, data=bytes((0x61, (len(reply.data) - 2) & 0xFF)))


@dataclass(frozen=True, slots=True)
class WrongLe:
    """The card does not obey but asks with 6Cxx for the same command with this Le."""

    le: int

    def apply(self, _card: "FaultyCard", _apdu: bytes, /) -> Reply:
        return Reply(bytes((0x6C, self.le & 0xFF)))


@dataclass(frozen=True, slots=True)
class Change:
    """The card obeys, but its answer is changed on the way."""

    change: Callable[[bytes], bytes]

    def apply(self, card: "FaultyCard", apdu: bytes, /) -> Reply:
        reply = card.obey(apdu)
        return reply if reply.data is None else replace(reply, data=self.change(reply.data))


@dataclass(frozen=True, slots=True)
class Pretend:
    """Nobody obeys: somebody else answers these bytes."""

    answer: bytes

    def apply(self, _card: "FaultyCard", _apdu: bytes, /) -> Reply:
        return Reply(self.answer)


def wrong_mac(answer: bytes) -> bytes:
    """For `Change`: the last data byte wrong; in the answer to DEBIT, that of MAC2."""
    if len(answer) < 3:
        return answer
    return answer[:-3] + bytes((answer[-3] ^ 0x01,)) + answer[-2:]


@dataclass(frozen=True, slots=True)
class Fault:
    """An effect and when: at a command number (1 = first since power-up), at an instruction byte, or at both.

    With neither, at every command. `times`: how often it strikes, over all power-ups; None = for ever.
    """

    effect: Effect
    number: int | None = None
    instruction: int | None = None
    times: int | None = 1

    def strikes(self, number: int, instruction: int | None) -> bool:
        """Whether this command is meant."""
        return self.number in (None, number) and self.instruction in (None, instruction)


#: The first fault that is meant by a command strikes.
FaultPlan = Sequence[Fault]


class FaultyCard:
    """A card whose answers follow a plan."""

    def __init__(self, inner: VirtualCard, plan: FaultPlan = ()) -> None:
        self._inner = inner
        self._left = [(fault, inf if fault.times is None else fault.times) for fault in plan]
        self._number = 0
        self._kept = b""

    @property
    def identity(self) -> CardIdentity:
        return self._inner.identity

    def reset(self) -> None:
        self._number = 0
        self._kept = b""
        self._inner.reset()

    def answer(self, apdu: bytes) -> Reply:
        if self._kept and apdu[1:2] == bytes((GET_RESPONSE,)):
            return self._fetched()
        self._number += 1
        self._kept = b""
        fault = self._due(apdu[1] if len(apdu) > 1 else None)
        return fault.effect.apply(self, apdu) if fault else self.obey(apdu)

    def obey(self, apdu: bytes) -> Reply:
        """What the card inside answers."""
        return self._inner.answer(apdu)

    def keep(self, answer: bytes) -> None:
        """Keep an answer for the next GET RESPONSE."""
        self._kept = answer

    def _fetched(self) -> Reply:
        kept, self._kept = self._kept, b""
        return Reply(kept)

    def _due(self, instruction: int | None) -> Fault | None:
        for index, (fault, left) in enumerate(self._left):
            if left > 0 and fault.strikes(self._number, instruction):
                self._left[index] = (fault, left - 1)
                return fault
        return None
