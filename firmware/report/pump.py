"""Brings the journal's events to the broker, each until somebody has it, and remembers how far that has got."""

from dataclasses import dataclass, replace
from pathlib import Path

from firmware import logs
from firmware.errors import JournalCorrupt, JournalError
from firmware.journal.chain import Row
from firmware.journal.reader import Identity
from firmware.report import messages
from firmware.report.backoff import Backoff
from firmware.report.messages import Message
from firmware.report.settings import ReporterSettings
from firmware.report.store import Marks, Store
from firmware.report.tape import Tape
from firmware.report.topics import Topics
from firmware.report.window import PumpState, Window

#: Marks are written this often while events flow, and at once when none is left.
KEEP_SECONDS = 0.25
#: A journal that cannot be read is tried again after so long.
UNREADABLE_SECONDS = 5.0
#: A collector that stays behind is sent the rest again in ever longer intervals, up to this.
LONGEST_RESEND = 3600.0
log = logs.instrument(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far events have got: for telemetry."""

    journal: str | None
    delivered: int
    confirmed: int
    backlog: int


class Pump:
    """The way of one journal's events. Used by one thread; a time is what a monotonic clock says, in seconds."""

    def __init__(self, settings: ReporterSettings, journal: Path, store: Store) -> None:
        self._topics = Topics(settings.terminal_id)
        self._store = store
        self._tape = Tape(journal)
        self._journal: Identity | None = None
        self._window = Window(Backoff(settings.retry_first_s, settings.retry_longest_s))
        self._known = self._kept = Marks()
        self._keep_at = self._read_at = self._resend_at = 0.0
        self._messages: dict[int, Message] = {}
        self._resend = Backoff(settings.resend_s, max(settings.resend_s, LONGEST_RESEND))

    @property
    def online(self) -> bool:
        """Whether there is a broker."""
        return self._window.state is not PumpState.OFFLINE

    @property
    def marks(self) -> Marks:
        """How far events have got; going back to what is unconfirmed does not move the mark back."""
        if self._window.delivered < self._known.delivered:
            return self._known
        return Marks(self._window.delivered, self._window.ahead, self._known.confirmed)

    def look(self) -> None:
        """There may be new rows."""
        self._tape.look()

    def due(self, now: float) -> list[tuple[int, Message]]:
        """What is to be published now, oldest first; it counts as sent."""
        if now >= self._read_at:
            try:
                self._fill(now)
            except JournalError as error:
                log.error("journal-unreadable", error=error, retry_s=UNREADABLE_SECONDS)
                self._tape.close()
                self._read_at = now + UNREADABLE_SECONDS
        return [(sequence, self._messages[sequence]) for sequence in self._window.due(now)]

    def connected(self, limit: int) -> None:
        """The broker is there and takes so many at once."""
        self._window.connected(limit)

    def lost(self) -> None:
        """The broker is gone."""
        self._window.lost()

    def accepted(self, sequence: int, now: float) -> None:
        """The broker has an event, and somebody will get it."""
        self._window.accepted(sequence)
        del self._messages[sequence]
        if self._window.idle:
            self._resend_at = now + self._resend.next()

    def refused(self, sequence: int, reason: str, now: float) -> None:
        """The broker does not take an event, or has nobody to give it to."""
        first = self._window.state is not PumpState.PAUSED
        self._window.refused(sequence, now)
        if first:
            pause = round(self._window.resume_at - now, 1)
            log.warning("event-not-delivered", sequence=sequence, reason=reason, retry_s=pause)

    def confirmed(self, sequence: int) -> bool:
        """The collector holds everything up to here. False for a sequence that nobody was ever given."""
        marks = self.marks
        if sequence > marks.delivered:
            return False
        if sequence > marks.confirmed:
            self._known = replace(marks, confirmed=sequence)
            self._resend.reset()
        return True

    def keep(self, now: float) -> None:
        """Write the marks down, if they have moved and it is time to."""
        if self._journal is None or (now < self._keep_at and not self._window.idle):
            return
        marks = self.marks
        if marks == self._kept:
            return
        self._keep_at = now + KEEP_SECONDS
        try:
            self._store.keep(self._journal.journal_id, marks)
            self._kept = marks
        except JournalError as error:
            log.warning("marks-not-kept", error=error)

    def wake_at(self) -> float | None:
        """When there is something to do although nothing happens; None for not before something does."""
        return self._window.resume_at if self._window.state is PumpState.PAUSED else None

    def progress(self) -> Progress:
        """How far events have got."""
        marks = self.marks
        try:
            last = self._tape.last_sequence()
        except JournalError:
            last = marks.delivered
        journal = None if self._journal is None else self._journal.journal_id
        return Progress(journal, marks.delivered, marks.confirmed, max(0, last - marks.delivered))

    def close(self) -> None:
        """Write the marks down and let go of the journal; may be called twice."""
        self.keep(float("inf"))
        self._tape.close()

    def _fill(self, now: float) -> None:
        identity = self._tape.find()
        if identity is None:
            return
        if self._journal is None:
            self._take_up(identity, now)
        self._go_back_if_unconfirmed(now)
        for row in self._tape.take(self._window.room()):
            self._offer(identity, row)

    def _take_up(self, identity: Identity, now: float) -> None:
        marks = self._known = self._kept = self._store.marks(identity.journal_id)
        last = self._tape.last_sequence()
        self._window.restart(marks.delivered, marks.ahead)
        self._tape.wind(marks.delivered)
        self._resend_at = now + self._resend.next()
        self._journal = identity
        log.info("journal-found", journal=identity.journal_id, delivered=marks.delivered, last=last)
        if last < marks.delivered:
            log.error("journal-went-back", delivered=marks.delivered, last=last)

    def _go_back_if_unconfirmed(self, now: float) -> None:
        """The broker had it and lost it: a PUBACK is not a disk. Only a collector that confirms can tell."""
        if not self._window.idle or now < self._resend_at:
            return
        marks = self.marks
        if 0 < marks.confirmed < marks.delivered:
            self._known = marks
            log.warning("unconfirmed-again", confirmed=marks.confirmed, delivered=marks.delivered)
            self._window.restart(marks.confirmed)
            self._tape.wind(marks.confirmed)

    def _offer(self, identity: Identity, row: Row) -> None:
        assert row.sequence is not None
        try:
            message = messages.event(self._topics, identity, row)
        except JournalCorrupt as error:
            log.error("event-unpublishable", row=row.id, error=error)
            return
        if self._window.offer(row.sequence):
            self._messages[row.sequence] = message
