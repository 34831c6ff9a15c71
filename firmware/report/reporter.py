"""The reporter: everything between the journal and the broker, in one thread that waits for bell, broker or time.

It needs neither: without a journal it waits for one, without a broker it tries again, for as long as it takes. It may
be killed at any moment: all it knows beyond the journal is how far events have got, and to be wrong there costs
duplicates and no more.
"""

import select
import shutil
import threading

import msgspec

from firmware import clock as clocks
from firmware import doorbell, journal, logs
from firmware.clock import Clock, SystemClock
from firmware.doorbell import Doorbell
from firmware.errors import JournalError
from firmware.report import inbound, messages, store, topics
from firmware.report.link import Answered, Connected, LinkEvent, Lost, Received
from firmware.report.messages import Answer, Telemetry
from firmware.report.pump import Pump
from firmware.report.session import LinkState, Session
from firmware.report.settings import BrokerAddress, ReporterSettings
from firmware.report.store import Inbound, Store
from firmware.report.topics import Part, Topics
from firmware.report.window import IN_FLIGHT

#: The reporter looks into the journal this often without being rung for, and whether it shall stop.
LOOK_SECONDS = 0.5
#: A meant end waits so long for the broker to take our death.
FAREWELL_SECONDS = 1.0
log = logs.instrument(__name__)


def run_reporter(settings: ReporterSettings, stop: threading.Event, clock: Clock | None = None) -> None:
    """Report until told to stop.

    Raises ConfigurationError for settings that cannot be used, JournalError when the state directory cannot be written.
    """
    BrokerAddress.from_url(settings.url)
    Topics(settings.terminal_id)
    state = settings.state_dir
    with Store.open(state / store.FILE_NAME) as marks, Doorbell.listen(state / doorbell.REPORTER) as bell:
        reporter = Reporter(settings, marks, bell, clock or SystemClock())
        try:
            while not stop.is_set():
                reporter.turn()
            reporter.farewell()
        finally:
            reporter.close()


class Reporter:
    """Waits, hands events to the broker, and takes in what comes from it. Used by one thread."""

    def __init__(self, settings: ReporterSettings, marks: Store, bell: Doorbell, clock: Clock) -> None:
        self._settings = settings
        self._topics = Topics(settings.terminal_id)
        self._store = marks
        self._bell = bell
        self._clock = clock
        self._pump = Pump(settings, settings.state_dir / journal.FILE_NAME, marks)
        self._session = Session(settings, clock)
        self._sent: dict[int, int] = {}
        self._started = clock.monotonic()
        self._telemetry_at = 0.0

    def turn(self) -> None:
        """Publish what is due, wait until something happens, and take it in."""
        now = self._clock.monotonic()
        if self._session.state is LinkState.ONLINE:
            self._publish(now)
        self._pump.keep(now)
        ready = self._wait(now)
        now = self._clock.monotonic()
        for event in self._session.turn(ready, now):
            self._take(event, now)

    def farewell(self) -> None:
        """Say good-bye, and give the broker a moment to take it and to answer what is on its way."""
        number, deadline = self._session.farewell(), self._clock.monotonic() + FAREWELL_SECONDS
        while number is not None and (now := self._clock.monotonic()) < deadline:
            for event in self._session.turn(self._wait(now), now):
                self._take(event, now)
                if isinstance(event, Lost) or (isinstance(event, Answered) and event.mid == number):
                    return

    def close(self) -> None:
        """Give everything back; may be called twice."""
        self._pump.close()
        self._session.close()

    def _publish(self, now: float) -> None:
        for sequence, message in self._pump.due(now):
            number = self._session.publish(message)
            assert number is not None
            self._sent[number] = sequence
        if now >= self._telemetry_at:
            self._telemetry_at = now + self._settings.telemetry_s
            self._session.publish(self._telemetry(now))

    def _wait(self, now: float) -> int:
        """What poll says of the broker's socket, after a ring, a packet, or the time of the next thing to do."""
        poll, link = select.poll(), self._session.link
        poll.register(self._bell, select.POLLIN)
        if link is not None and link.fileno() >= 0:
            poll.register(link.fileno(), link.wants())
        until = min(now + LOOK_SECONDS, self._session.wake_at(), self._pump.wake_at() or now + LOOK_SECONDS)
        pause = 0.0 if link is not None and link.pending() else max(0.0, until - now)
        ready = dict(poll.poll(pause * 1000))
        if ready.pop(self._bell.fileno(), 0):
            self._bell.wait(0)
            self._pump.look()
        elif not ready:
            self._pump.look()
        return next(iter(ready.values()), 0)

    def _take(self, event: LinkEvent, now: float) -> None:
        match event:
            case Connected(receive_maximum):
                # One place is left for birth and answers where the broker takes fewer than paho's own limit.
                self._pump.connected(receive_maximum - 1 if receive_maximum < IN_FLIGHT else IN_FLIGHT)
            case Answered():
                self._settle(event, now)
            case Received():
                self._receive(event)
            case Lost():
                if self._pump.online:
                    self._pump.lost()
                self._sent.clear()

    def _settle(self, event: Answered, now: float) -> None:
        sequence = self._sent.pop(event.mid, None)
        if sequence is None:
            return
        if event.delivered:
            self._pump.accepted(sequence, now)
        else:
            self._pump.refused(sequence, event.reason, now)

    def _receive(self, received: Received) -> None:
        address = topics.parse(received.topic)
        if address is not None and address.part is Part.ACK:
            sequence = inbound.acknowledged(received.payload)
            if sequence is None or not self._pump.confirmed(sequence):
                log.warning("acknowledgement-ignored", payload=received.payload)
        elif address is not None and address.part is Part.COMMAND:
            self._command(address.name, received)
        else:
            log.warning("message-ignored", payload=received.payload)

    def _command(self, name: str, received: Received) -> None:
        reply = Answer(ok=False, error="unknown command")
        log.warning("command-unknown", name=name)
        time = clocks.local_text(self._clock.now())
        command = Inbound(time, name, received.payload, received.correlation, msgspec.json.encode(reply))
        try:
            self._store.note(command)
        except JournalError as error:
            log.warning("command-not-noted", error=error)
        self._session.publish(messages.answer(self._topics, reply, received.correlation))

    def _telemetry(self, now: float) -> messages.Message:
        progress = self._pump.progress()
        content = Telemetry(
            boot=self._session.boot,
            software=self._settings.software,
            uptime_s=int(now - self._started),
            journal=progress.journal,
            delivered=progress.delivered,
            confirmed=progress.confirmed,
            backlog=progress.backlog,
            disk_free_bytes=shutil.disk_usage(self._settings.state_dir).free,
            clock_trusted=self._clock.trusted(),
        )
        return messages.telemetry(self._topics, content, self._clock.now(), 2 * self._settings.telemetry_s)
