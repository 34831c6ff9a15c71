"""The names of topics: what a terminal publishes and what it listens to. No I/O.

rongtong/1/{terminal}/event/{tap|load|loan|payment|identity|alarm}
rongtong/1/{terminal}/telemetry · /status · /answer
rongtong/1/{terminal}/command/{name} · /ack
"""

import re
from dataclasses import dataclass
from enum import Enum

from firmware.errors import ConfigurationError

#: The 1 is the version of this layout.
ROOT = "rongtong/1"
#: A terminal's id and a topic's last word: nothing that a broker takes for a level or a wildcard.
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Part(Enum):
    """What a topic is for."""

    EVENT = "event"
    TELEMETRY = "telemetry"
    STATUS = "status"
    ANSWER = "answer"
    COMMAND = "command"
    ACK = "ack"


#: Parts behind which a name follows: the kind of event, the name of the command.
NAMED = frozenset({Part.EVENT, Part.COMMAND})


@dataclass(frozen=True, slots=True)
class Address:
    """A topic, taken apart."""

    terminal: str
    part: Part
    name: str = ""

    @property
    def topic(self) -> str:
        """The topic as the broker knows it."""
        return "/".join([ROOT, self.terminal, self.part.value, *([self.name] if self.name else [])])


def parse(topic: str) -> Address | None:
    """Take a topic apart; None when it is none of ours."""
    words = topic.split("/")
    if "/".join(words[:2]) != ROOT or not 4 <= len(words) <= 5 or not all(map(WORD.fullmatch, words)):
        return None
    try:
        address = Address(words[2], Part(words[3]), words[4] if len(words) == 5 else "")
    except ValueError:
        return None
    return address if bool(address.name) == (address.part in NAMED) else None


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one terminal. Raises ConfigurationError for an id that cannot be part of a topic."""

    terminal: str

    def __post_init__(self) -> None:
        if not WORD.fullmatch(self.terminal):
            raise ConfigurationError("terminal.id", "may hold letters, digits, `.`, `_` and `-` only, at most 64")

    def event(self, kind: str) -> str:
        """Where events of a kind go."""
        return Address(self.terminal, Part.EVENT, kind).topic

    @property
    def telemetry(self) -> str:
        """How the terminal is."""
        return Address(self.terminal, Part.TELEMETRY).topic

    @property
    def status(self) -> str:
        """Birth and death, retained."""
        return Address(self.terminal, Part.STATUS).topic

    @property
    def answer(self) -> str:
        """What became of a command."""
        return Address(self.terminal, Part.ANSWER).topic

    @property
    def ack(self) -> str:
        """Where the collector confirms."""
        return Address(self.terminal, Part.ACK).topic

    @property
    def commands(self) -> str:
        """The filter that every command matches."""
        return Address(self.terminal, Part.COMMAND, "+").topic
