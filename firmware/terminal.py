"""The composition root: builds a terminal from its configuration, runs it, stops it. Knows every other part.

Two threads share the work. The serving thread waits for cards and runs one conversation for each. Housekeeping looks
after everything between taps: PSAM, clock, journal, and what the screen says meanwhile. A lock keeps them apart: while
a tap is served, nobody else touches the PSAM or the panel.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from firmware import doorbell
from firmware.card.channel import Channel, FollowingChannel, ObservedChannel, RawChannel
from firmware.card.exchange import Entry, RowKind, Signal, View
from firmware.clock import BUILD_FLOOR, Clock, SystemClock
from firmware.config import Config, TransitSection, required
from firmware.denylist import DenyList, KeySpace, transit_key
from firmware.doorbell import Doorbell
from firmware.errors import (
    CardLost,
    ConfigurationError,
    JournalError,
    PanelError,
    ReaderError,
    RongtongError,
    SamError,
    SeveralCards,
)
from firmware.journal.writer import Journal
from firmware.logs import instrument
from firmware.masks import CardNumber
from firmware.money import Fen
from firmware.nfc.port import Reader, ReaderCard
from firmware.nfc.presence import CardPresence
from firmware.nfc.urls import open_reader
from firmware.panel import open_panel
from firmware.panel.fake_gpio import FakeGpio
from firmware.panel.panel import Panel
from firmware.runner import Runner
from firmware.sam.psam import Psam, SamState
from firmware.transit.events import AlarmData, alarm
from firmware.transit.memory import PastRow
from firmware.transit.terms import CardKind, Terms
from firmware.transit.validator import Validator

log = instrument(__name__)

#: Roles that this release can serve.
ROLES = ("bus",)
#: Time between two looks of housekeeping, in seconds.
TICK = 0.25
#: A result stays on the screen at least this long while nobody else taps, in seconds.
LINGER = 2.0
#: Time before a lost reader is looked for again, in seconds.
REOPEN = 0.5


def run(config: Config, stop: threading.Event, clock: Clock | None = None) -> None:
    """Run a terminal until `stop` is set.

    Raises ConfigurationError for a role that this release cannot serve, JournalError when the journal cannot be used
    at start. Everything else is survived: it is shown, reported, and looked after until it works again.
    """
    with opened(config, clock or SystemClock()) as terminal:
        terminal.serve(stop)


@contextmanager
def opened(config: Config, clock: Clock) -> Iterator["Terminal"]:
    """A terminal with everything open that it needs before its first card."""
    if config.terminal.role not in ROLES:
        raise ConfigurationError("terminal.role", f"this release serves {', '.join(ROLES)} only")
    transit = required(config.transit, "transit", config.terminal.role)
    with ExitStack() as parts:
        state = config.terminal.state
        state.mkdir(parents=True, exist_ok=True)
        journal = parts.enter_context(Journal.open(state / "journal.db", terminal_id=config.terminal.id, clock=clock))
        journal.on_commit.append(lambda: Doorbell.ring(state / doorbell.REPORTER))
        panel = parts.enter_context(panel_of(config, clock))
        denied = parts.enter_context(_deny_list(transit, config.terminal.mode))
        validator = Validator.started(terms_of(transit), clock, denied, _past(journal))
        sam_url = required(config.sam, "sam", config.terminal.role).url
        psam = Psam(lambda: open_reader(sam_url), clock)
        parts.callback(psam.close)
        reader_url = required(config.reader, "reader", config.terminal.role).url
        yield Terminal(reader_url, validator, psam, journal, panel, clock)


class Terminal:
    """A bus validator at work."""

    def __init__(
        self, reader_url: str, validator: Validator, psam: Psam, journal: Journal, panel: Panel, clock: Clock
    ) -> None:
        self._reader_url = reader_url
        self._validator = validator
        self._psam = psam
        self._journal = journal
        self._panel = panel
        self._clock = clock
        self._busy = threading.Lock()
        self._faults: dict[str, RongtongError] = {}
        self._shown: View | None = None
        self._linger_until = float("-inf")
        self._epoch = 0
        self._floor = _floor(journal)

    def serve(self, stop: threading.Event) -> None:
        """Close what the last power cut left open, then serve cards until `stop` is set."""
        count = Runner(journal=self._journal).run(self._validator.close_left_open())
        log.info("terminal-started", left_open=count)
        housekeeping = threading.Thread(target=self._keep_house, args=(stop,), name="housekeeping")
        self.tick()
        housekeeping.start()
        try:
            while not stop.is_set():
                self._serve_reader(stop)
        finally:
            stop.set()
            housekeeping.join()
            log.info("terminal-stopped")

    def _serve_reader(self, stop: threading.Event) -> None:
        try:
            with closing(open_reader(self._reader_url)) as reader:
                self._serve_cards(reader, stop)
        except ReaderError as error:
            with self._busy:
                self._fault("reader", error)
            self._clock.wait(stop, REOPEN)

    def _serve_cards(self, reader: Reader, stop: threading.Event) -> None:
        presence = CardPresence(reader, self._clock)
        with self._busy:
            self._works("reader")
        while not stop.is_set():
            try:
                card = presence.next_card(stop)
            except SeveralCards:
                self._show(View(Signal.REFUSE, "several-cards"))
                self._clock.wait(stop, TICK)
                continue
            if card is None:
                return
            if self.serve_card(card):
                presence.wait_removed(card, stop)
            else:
                presence.forget(card)

    def serve_card(self, card: ReaderCard) -> bool:
        """One tap; False when the card was lost before its end.

        Raises ReaderError when the reader is at fault; everything else is shown and survived.
        """
        with self._busy:
            self._linger_until = self._clock.monotonic() + LINGER
            if self._faults:
                self._show(self._closed_view())
                return True
            try:
                self._tap(FollowingChannel(_observed("card", RawChannel(card.transmit))))
            except CardLost:
                log.info("tap", outcome="card-lost")
                return False
            except SamError as error:
                self._tap_failed("sam", error)
            except JournalError as error:
                self._tap_failed("journal", error)
            except PanelError as error:
                self._tap_failed("panel", error)
            return True

    def _tap(self, card: Channel) -> None:
        with self._psam.lease() as sam:
            identity = self._psam.identity
            assert identity is not None  # a PSAM that can be leased has been identified
            if self._epoch != self._psam.epoch:
                self._validator.memory.session = None
                self._epoch = self._psam.epoch
            runner = Runner(card=card, sam=_observed("sam", sam), journal=self._journal, panel=self._panel)
            self._shown = None
            outcome = runner.run(self._validator.tap(identity))
        self._floor = max(self._floor, self._clock.now().replace(microsecond=0))
        log.info("tap", outcome=outcome)

    def _tap_failed(self, part: str, error: RongtongError) -> None:
        self._fault(part, error)
        self._show(self._closed_view())

    # Between taps.

    def _keep_house(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self.tick()
            except Exception as error:  # noqa: BLE001 - top of a thread
                log.failure("housekeeping-failed", error)
            self._clock.wait(stop, TICK)

    def tick(self) -> None:
        """One look at everything that may keep the terminal from selling, and at what the screen says."""
        with self._busy:
            self._look_after_psam()
            self._look_after_clock()
            self._look_after_journal()
            self._look_after_panel()
            if self._clock.monotonic() >= self._linger_until:
                self._show_idle()

    def _look_after_psam(self) -> None:
        if self._psam.tend() is SamState.READY:
            self._works("sam")
        elif self._psam.problem is not None:
            self._fault("sam", self._psam.problem)

    def _look_after_clock(self) -> None:
        if self._clock.now() + timedelta(seconds=1) < self._floor:
            self._fault("clock", ConfigurationError("", f"the clock stands before {self._floor:%Y-%m-%d %H:%M:%S}"))
        else:
            self._works("clock")

    def _look_after_journal(self) -> None:
        if "journal" not in self._faults:
            return
        try:
            self._journal.commit(_note("journal-back", "rows can be written again"))
        except JournalError:
            return
        self._works("journal")

    def _look_after_panel(self) -> None:
        if "panel" not in self._faults:
            return
        try:
            self._panel.show(self._closed_view())
        except PanelError:
            return
        self._works("panel")

    def _fault(self, part: str, error: RongtongError) -> None:
        """Stop selling because of a part; told once, until the part works again."""
        if part not in self._faults:
            log.error("out-of-service", part=part, code=error.code, error=error)
            self._faults[part] = error
            self._report(f"out-of-service-{part}", str(error))

    def _works(self, part: str) -> None:
        if self._faults.pop(part, None) is not None:
            log.warning("back-in-service", part=part)
            self._report(f"back-in-service-{part}", "")

    def _report(self, code: str, detail: str) -> None:
        if "journal" in self._faults:
            return
        try:
            self._journal.commit(_note(code, detail))
        except JournalError as error:
            self._fault("journal", error)

    def _show_idle(self) -> None:
        view = self._closed_view() if self._faults else View(Signal.READY, "ready")
        if view != self._shown:
            self._show(view)

    def _closed_view(self) -> View:
        part = next((part for part in ("journal", "panel", "clock", "sam", "reader") if part in self._faults), "sam")
        return View(Signal.CLOSED, f"out-of-service-{part}")

    def _show(self, view: View) -> None:
        self._shown = view
        try:
            self._panel.show(view)
        except PanelError as error:
            self._fault("panel", error)


def panel_of(config: Config, clock: Clock) -> Panel:
    """The configured panel; in test mode a machine without pins gets pretended ones. Raises PanelError."""
    try:
        return open_panel(config.panel, config.terminal, clock)
    except PanelError as error:
        if config.terminal.mode != "test":
            raise
        log.warning("pins-pretended", error=error)
        return open_panel(config.panel, config.terminal, clock, gpio=FakeGpio())


def terms_of(section: TransitSection) -> Terms:
    """The validator's terms from the configuration."""
    return Terms(
        city=section.city,
        operator=int(section.operator, 16),
        line=section.line,
        acquirer=section.acquirer,
        fare=Fen(section.fare_fen),
        station=section.station,
        concessions={CardKind[name.upper()]: percent for name, percent in section.concessions.items()},
        issuers=None if section.issuers is None else frozenset(section.issuers),
        unshown=timedelta(seconds=section.unshown_s),
        anti_passback=timedelta(seconds=section.anti_passback_s),
        allow_overdraft=section.allow_overdraft,
        green_before_mac2=section.green_before_mac2,
    )


@contextmanager
def _deny_list(section: TransitSection, mode: str) -> Iterator[Callable[[CardNumber], bool]]:
    """The lookup. In test mode a list that is not there yet is an empty one, and said to be."""
    path: Path | None = section.denylist
    if path is None or (mode == "test" and not path.exists()):
        if path is not None:
            log.warning("no-deny-list", path=path)
        yield lambda _card: False
        return
    with DenyList(path, KeySpace.TRANSIT_NUMBER) as deny_list:
        log.info("deny-list", path=path, version=deny_list.version, count=deny_list.count)
        yield lambda card: deny_list.holds(transit_key(card.reveal()))


def _past(journal: Journal) -> Iterator[PastRow]:
    for row in journal.rows():
        if row.kind is not RowKind.NOTE:
            yield PastRow(row.transaction, row.kind, row.state, row.moment, row.body)


def _floor(journal: Journal) -> datetime:
    """No row can be younger than now: the later of the build date and the last row."""
    last = journal.last_row()
    return max(BUILD_FLOOR, last.moment) if last else BUILD_FLOOR


def _note(code: str, detail: str) -> Entry:
    return Entry(code, RowKind.NOTE, "alarm", AlarmData(code, detail), alarm(code, detail))


def _observed(name: str, channel: Channel) -> Channel:
    """Log what goes over a channel; only the traffic level prints it."""
    return ObservedChannel(
        channel,
        lambda command, answer: log.traffic(
            name,
            command=command.to_bytes(),
            answer=answer if isinstance(answer, BaseException) else answer.to_bytes(),
        ),
    )
