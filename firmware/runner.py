"""Performs the effects that a conversation yields: the one place where *what* to say meets *how* it is said."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from firmware.card.apdu import Response
from firmware.card.channel import Channel
from firmware.card.exchange import (
    Ask,
    Begin,
    Call,
    Commit,
    Durable,
    Effect,
    Entry,
    Exchange,
    Send,
    Show,
    Target,
    View,
)
from firmware.errors import CardError, InternalError, MalformedCardData, MalformedSamData, RongtongError

T = TypeVar("T")


class Ticket(Protocol):
    """An entry on its way to the disk."""

    def wait(self) -> None:
        """Return when it is durable; raise the JournalError that prevents it."""
        ...


class Journal(Protocol):
    """What the runner needs of the journal."""

    def begin(self, entry: Entry) -> Ticket:
        """Start writing an entry."""
        ...


class Panel(Protocol):
    """What the runner needs of the panel."""

    def show(self, view: View) -> None:
        """Show a view; returns at once."""
        ...

    def ask(self, question: View) -> object:
        """Show a question and wait for the person's answer."""
        ...


class Runner:
    """Runs conversations with one card, one secure module, one journal and one panel."""

    def __init__(
        self,
        *,
        card: Channel | None = None,
        sam: Channel | None = None,
        journal: Journal | None = None,
        panel: Panel | None = None,
        hosts: dict[str, Callable[[object], object]] | None = None,
    ) -> None:
        self._channels = {Target.CARD: card, Target.SAM: sam}
        self._journal = journal
        self._panel = panel
        self._hosts = hosts or {}
        self._open: list[Ticket] = []

    def run(self, conversation: Exchange[T]) -> T:
        """Run a conversation to its end and return its result.

        Errors of an effect are thrown into the conversation, which may handle them. Raises whatever it lets pass.
        """
        result: object = None
        error: RongtongError | None = None
        try:
            while True:
                effect = conversation.throw(error) if error else conversation.send(result)
                result, error = None, None
                try:
                    result = self._perform(effect)
                except RongtongError as failure:
                    error = failure
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            conversation.close()
            self._open.clear()

    def _perform(self, effect: Effect) -> object:
        match effect:
            case Send():
                return self._send(effect)
            case Begin(entry):
                self._open.append(self._begin(entry))
            case Durable():
                self._settle()
            case Commit(entry):
                self._begin(entry).wait()
            case Show(view):
                self._of(self._panel, "panel").show(view)
            case Ask(question):
                return self._of(self._panel, "panel").ask(question)
            case Call(host, request):
                return self._of(self._hosts.get(host), f"host {host}")(request)
        return None

    def _send(self, effect: Send) -> Response:
        if effect.moves_money and self._open:
            raise InternalError("a command that moves money must not be sent before its intent is durable")
        channel = self._of(self._channels[effect.target], effect.target.value)
        try:
            return channel.transmit(effect.command)
        except CardError as error:
            if effect.target is Target.SAM and isinstance(error, MalformedCardData):
                raise MalformedSamData(str(error)) from error
            raise

    def _begin(self, entry: Entry) -> Ticket:
        return self._of(self._journal, "journal").begin(entry)

    def _settle(self) -> None:
        while self._open:
            self._open.pop(0).wait()

    @staticmethod
    def _of(part: T | None, name: str) -> T:
        if part is None:
            raise InternalError(f"this runner has no {name}")
        return part
