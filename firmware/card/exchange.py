"""Conversations as generators, and the effects they yield.

A conversation decides *what* to say to a card, a secure module, a host or a person. It owns no reader, socket, clock,
lock or file: it yields an effect and receives its result. `firmware.runner` performs effects; a test can stop a
conversation after any of them, which is a card torn from the field or a power cut at that very moment.

    def balance() -> Exchange[Fen]:
        answer = yield from transact(Target.CARD, GET_BALANCE)
        return Fen(int.from_bytes(answer, "big"))
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias, TypeVar

from firmware.card.apdu import Command, Response
from firmware.card.status import StatusWord
from firmware.errors import CardRefused, MalformedCardData, MalformedSamData, SamRefused

T = TypeVar("T")


class Target(Enum):
    """Who is spoken to."""

    CARD = "card"
    SAM = "sam"


class RowKind(Enum):
    """What a journal row says. Rows are only ever added; the state of a transaction is a view over its rows."""

    INTENT = "intent"  # a command that moves money is about to be sent
    OUTCOME = "outcome"  # what is known after it
    RESOLUTION = "resolution"  # what was found out later
    SHOWN = "shown"  # what the person was shown
    NOTE = "note"  # nothing moved: refusals, alarms


@dataclass(frozen=True, slots=True)
class Event:
    """What the operator is told: `kind` names the topic (tap, alarm …), `type` and `data` fill the CloudEvent."""

    kind: str
    type: str
    data: object


@dataclass(frozen=True, slots=True)
class Entry:
    """A row to be written: the rows of one transaction share its name; `body` is a dataclass that JSON can carry."""

    transaction: str
    kind: RowKind
    state: str
    body: object
    event: Event | None = None


class Signal(Enum):
    """What lights, buzzer and gate do."""

    READY = "ready"
    PASS = "pass"  # noqa: S105 - a gate's word
    REFUSE = "refuse"
    AGAIN = "again"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class View:
    """What a person sees: a signal, the key of a text, and the values the text needs."""

    signal: Signal
    message: str
    values: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Send:
    """Send a command; the result is a Response. `moves_money` marks the command that cannot be taken back."""

    target: Target
    command: Command
    moves_money: bool = False


@dataclass(frozen=True, slots=True)
class Commit:
    """Make an entry durable before going on."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Begin:
    """Start making an entry durable; it goes on while cards work, until Durable."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Durable:
    """Wait until everything begun is durable."""


@dataclass(frozen=True, slots=True)
class Call:
    """Ask a host by its name; the result is its reply."""

    host: str
    request: object


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the person; the result is the answer."""

    question: View


@dataclass(frozen=True, slots=True)
class Show:
    """Show the person something."""

    view: View


Effect: TypeAlias = Send | Commit | Begin | Durable | Call | Ask | Show
#: The result of an effect depends on its kind, which generators cannot express; `send` and `transact` restore it.
Exchange: TypeAlias = Generator[Effect, Any, T]


def send(target: Target, command: Command, *, moves_money: bool = False) -> Exchange[Response]:
    """Send a command and hand back whatever comes."""
    response: Response = yield Send(target, command, moves_money)
    return response


def transact(
    target: Target,
    command: Command,
    doing: str,
    *,
    length: int | None = None,
    moves_money: bool = False,
) -> Exchange[bytes]:
    """Send a command and return the data of its answer.

    Raises CardRefused or SamRefused, naming what was being done, unless the status word is 9000; and
    MalformedCardData or MalformedSamData when a length is given and the data is shorter.
    """
    response = yield from send(target, command, moves_money=moves_money)
    if response.sw != StatusWord.OK:
        raise refusal(target, response.sw, doing)
    if length is not None and len(response.data) < length:
        raise malformed(target, f"{doing}: {len(response.data)} bytes instead of {length}")
    return response.data


def refusal(target: Target, status: int, doing: str) -> CardRefused | SamRefused:
    """The refusal error of whoever was spoken to."""
    return CardRefused(status, doing) if target is Target.CARD else SamRefused(status, doing)


def malformed(target: Target, problem: str) -> MalformedCardData | MalformedSamData:
    """The error for meaningless bytes from whoever was spoken to."""
    return MalformedCardData(problem) if target is Target.CARD else MalformedSamData(problem)
