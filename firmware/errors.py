"""Every error that rongtong raises on purpose: whose fault it is, may it be retried, what should a person do.

    RongtongError
    ├── InternalError             ours: a state or an argument that must not occur
    │   └── IllegalMove           a state table was asked for a move that it does not have
    ├── ConfigurationError        the configuration's
    ├── CardError                 the card's
    │   ├── CardLost              it left the field or fell silent            (transient)
    │   ├── CardRefused           it answered with a status word of its own
    │   ├── MalformedCardData     it answered with bytes that mean nothing
    │   └── SeveralCards          more than one card in the field             (transient)
    ├── ReaderError               the reader's
    │   ├── ReaderLost            unplugged, or its service is gone           (transient)
    │   └── ReaderMute            it does not answer before the deadline      (transient)
    ├── SamError                  the secure module's
    │   ├── SamLost               absent, pulled or mute                      (transient)
    │   ├── SamRefused            it answered with a status word of its own
    │   ├── SamBusy               leased to another transaction               (transient)
    │   ├── SamChanged            another module than the one we started with
    │   └── MalformedSamData      it answered with bytes that mean nothing
    ├── JournalError              the storage's
    │   ├── JournalFull
    │   ├── JournalReadOnly
    │   ├── JournalCorrupt
    │   └── JournalUnsafe         not opened with WAL and FULL
    ├── PanelError                lights, gate, screen
    └── NetworkError              the network's, or the far side's             (transient)

Whether it may be retried is a property of the class, so that nobody looks into texts.
"""

from typing import ClassVar


class RongtongError(Exception):
    """Root of the tree. The text is one sentence an operator can act on; facts are attributes."""

    #: The same attempt may succeed a moment later without anybody doing anything.
    transient: ClassVar[bool] = False
    #: Stable name for logs, events and telemetry.
    code: ClassVar[str] = "error"
    #: What a person should do.
    remedy: ClassVar[str] = "Report this to the operator with the log."


class InternalError(RongtongError):
    """Our own fault: a state or an argument that must not occur."""

    code = "internal"


class IllegalMove(InternalError):
    """A state table has no such move."""

    code = "illegal-move"

    def __init__(self, state: object, event: object) -> None:
        super().__init__(f"no move from {state!s} on {event!s}")
        self.state = state
        self.event = event


class ConfigurationError(RongtongError):
    """The configuration cannot be used as it stands."""

    code = "configuration"
    remedy = "Correct the configuration; `rongtong check --explain KEY` tells what a key may hold."

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}" if key else problem)
        self.key = key


class CardError(RongtongError):
    """The card's fault."""

    code = "card"
    remedy = "Ask the passenger to hold the card still, or to use another card."


class CardLost(CardError):
    """The card left the field or fell silent; whether it obeyed the last command is unknown."""

    transient = True
    code = "card-lost"
    remedy = "Ask the passenger to tap again."


class CardRefused(CardError):
    """The card answered with a status word other than the expected ones."""

    code = "card-refused"

    def __init__(self, status: int, doing: str) -> None:
        super().__init__(f"the card refused {doing} with {status!s}")
        self.status = status
        self.doing = doing


class MalformedCardData(CardError):
    """The card answered with bytes that do not mean anything."""

    code = "card-malformed"


class SeveralCards(CardError):
    """More than one card lies in the field."""

    transient = True
    code = "several-cards"
    remedy = "Ask the passenger to show one card only."


class ReaderError(RongtongError):
    """The reader's fault."""

    code = "reader"
    remedy = "Check the reader's cable, power and address."


class ReaderLost(ReaderError):
    """The reader is unplugged, or the service that serves it is gone."""

    transient = True
    code = "reader-lost"


class ReaderMute(ReaderError):
    """The reader did not answer before the deadline."""

    transient = True
    code = "reader-mute"


class SamError(RongtongError):
    """The secure module's fault."""

    code = "sam"
    remedy = "Check that the PSAM sits in its slot; replace it if this stays."


class SamLost(SamError):
    """The secure module is absent, pulled or mute."""

    transient = True
    code = "sam-lost"


class SamRefused(SamError):
    """The secure module answered with a status word other than the expected ones."""

    code = "sam-refused"

    def __init__(self, status: int, doing: str) -> None:
        super().__init__(f"the PSAM refused {doing} with {status!s}")
        self.status = status
        self.doing = doing


class SamBusy(SamError):
    """The secure module is leased to another transaction."""

    transient = True
    code = "sam-busy"


class SamChanged(SamError):
    """Another secure module than the one that this terminal started with."""

    code = "sam-changed"
    remedy = "Put the right PSAM back, or let a technician bind the new one."


class MalformedSamData(SamError):
    """The secure module answered with bytes that do not mean anything."""

    code = "sam-malformed"


class JournalError(RongtongError):
    """The journal cannot be read or written; no money moves until it can."""

    code = "journal"
    remedy = "Check the disk of the terminal; replace it if this stays."


class JournalFull(JournalError):
    """No space is left for another row."""

    code = "journal-full"
    remedy = "Bring the terminal to the network so that it can deliver, or free disk space."


class JournalReadOnly(JournalError):
    """The journal cannot be written."""

    code = "journal-read-only"


class JournalCorrupt(JournalError):
    """The journal's file is damaged or its chain is broken."""

    code = "journal-corrupt"
    remedy = "Take the terminal out of service and keep its disk: it holds undelivered money."


class JournalUnsafe(JournalError):
    """The file could not be opened in the mode in which a power cut loses nothing."""

    code = "journal-unsafe"


class PanelError(RongtongError):
    """Lights, buzzer, gate or screen do not work."""

    code = "panel"
    remedy = "Check the wiring of the panel and the GPIO numbers in the configuration."


class NetworkError(RongtongError):
    """The network or the far side does not answer as it should."""

    transient = True
    code = "network"
    remedy = "Check the network and the broker's address; nothing is lost meanwhile."
