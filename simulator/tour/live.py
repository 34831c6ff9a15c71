"""The tour for a person at a terminal: keys tap cards, and screen, APDUs, journal and messages can be watched."""

import select
import sqlite3
import sys
import termios
import time
import tty
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager

from rich.columns import Columns
from rich.console import Group
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from firmware.card.identity import CardIdentity
from simulator.cards.port import Reply, VirtualCard
from simulator.cards.profiles import open_card
from simulator.faults import Fault, FaultyCard, LeaveAfter
from simulator.tour.stand import Stand

RACK = {
    "1": "adult",
    "2": "student",
    "3": "senior",
    "4": "empty",
    "5": "expired",
    "6": "denied",
    "7": "foreign",
    "8": "old-purse",
}
#: A card lies on the reader this long, in seconds; then the hand takes it away.
HELD = 1.0
LINES = 8
DEBIT = 0x54


class Watched:
    """A card whose APDUs are written down with the time that it took to answer."""

    def __init__(self, inner: VirtualCard, lines: deque[str]) -> None:
        self._inner = inner
        self._lines = lines

    @property
    def identity(self) -> CardIdentity:
        """The card's own."""
        return self._inner.identity

    def reset(self) -> None:
        """Power lost."""
        self._inner.reset()

    def answer(self, apdu: bytes) -> Reply:
        """The card's own answer."""
        began = time.perf_counter()
        reply = self._inner.answer(apdu)
        took = (time.perf_counter() - began) * 1000
        shown = "(gone)" if reply.data is None else reply.data.hex().upper()
        self._lines.append(f"{took:5.2f} ms  {apdu.hex().upper()[:44]} → {shown[-28:]}")
        return reply


class Show:
    """The rack, and what can be seen."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._apdus: deque[str] = deque(maxlen=LINES)
        self._cards = {key: open_card(profile) for key, profile in RACK.items()}
        self._until = 0.0

    def press(self, key: str) -> None:
        """Tap the card of that key; t tears the adult's out of the field in its debit."""
        torn = key == "t"
        card = self._cards.get("1" if torn else key)
        if card is None:
            return
        plan = [Fault(LeaveAfter(), instruction=DEBIT)] if torn else []
        self._stand.field.take()
        self._stand.field.put(Watched(FaultyCard(card, plan), self._apdus))
        self._until = time.monotonic() + HELD

    def tick(self) -> None:
        """Take the card away when its time is over."""
        if self._until and time.monotonic() >= self._until:
            self._stand.field.take()
            self._until = 0.0

    def picture(self) -> Group:
        """Everything at this moment."""
        rack = "   ".join(f"[{key}] {profile}" for key, profile in RACK.items())
        taps = [event["data"] for event in self._stand.witness.taps()[-LINES:]]
        messages = [f"{tap['outcome']:<10} {tap['reason'] or '':<20} {tap['amount_fen'] or 0:>5} fen" for tap in taps]
        return Group(
            Text(f"{rack}   [t] torn   [q] quit"),
            Columns([_box("screen", self._stand.screen()[-LINES:]), _box("messages", messages)]),
            _box("card", list(self._apdus)),
            _box("journal", _rows(self._stand)),
        )


def watch(stand: Stand) -> int:
    """Until q is pressed."""
    view = Show(stand)
    with _keys(), Live(view.picture(), screen=True, refresh_per_second=10) as live:
        while True:
            key = _key(0.1)
            if key == "q":
                return 0
            view.press(key)
            view.tick()
            live.update(view.picture())


def _box(title: str, lines: list[str]) -> Panel:
    return Panel(
        Text("\n".join(lines)), title=title, height=LINES + 2, width=96 if title in ("card", "journal") else 47
    )


def _rows(stand: Stand) -> list[str]:
    with closing(sqlite3.connect(f"{stand.journal.as_uri()}?mode=ro", uri=True)) as journal:
        rows = journal.execute("SELECT id, time, kind, state FROM row ORDER BY id DESC LIMIT ?", (LINES,)).fetchall()
    return [f"{number:>5}  {moment}  {kind:<10} {state}" for number, moment, kind, state in reversed(rows)]


@contextmanager
def _keys() -> Iterator[None]:
    """Keys one by one, without Enter."""
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _key(seconds: float) -> str:
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return sys.stdin.read(1) if ready else ""
