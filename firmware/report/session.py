"""The way to the broker over many connections: birth, death, and the next attempt.

| the way to the broker | OPENED     | WELCOMED | LOST |
|-----------------------|------------|----------|------|
| DOWN                  | CONNECTING |          |      |
| CONNECTING            |            | ONLINE   | DOWN |
| ONLINE                |            |          | DOWN |

Birth and death are retained on one topic and name their connection (`boot`, `connection`), so that a death which comes
late, after the next birth, is known to be the older one's.
"""

import secrets
from collections.abc import Mapping
from enum import Enum

from firmware import logs
from firmware.clock import Clock
from firmware.errors import IllegalMove, NetworkError
from firmware.report import messages
from firmware.report.backoff import Backoff
from firmware.report.link import CONNECT_SECONDS, Connected, Link, LinkEvent, Lost
from firmware.report.messages import Message, Status
from firmware.report.settings import ReporterSettings
from firmware.report.topics import Topics

#: A connection that lasted so long was a good one: the attempt after it does not wait for those before it.
STEADY_SECONDS = 30.0
log = logs.instrument(__name__)


class LinkState(Enum):
    """How things stand between us and the broker."""

    DOWN = "down"
    CONNECTING = "connecting"
    ONLINE = "online"


class LinkMove(Enum):
    """What changes that."""

    OPENED = "opened"
    WELCOMED = "welcomed"
    LOST = "lost"


MOVES: Mapping[tuple[LinkState, LinkMove], LinkState] = {
    (LinkState.DOWN, LinkMove.OPENED): LinkState.CONNECTING,
    (LinkState.CONNECTING, LinkMove.WELCOMED): LinkState.ONLINE,
    (LinkState.CONNECTING, LinkMove.LOST): LinkState.DOWN,
    (LinkState.ONLINE, LinkMove.LOST): LinkState.DOWN,
}


class Session:
    """Keeps a connection to the broker. Used by one thread; a time is what a monotonic clock says, in seconds."""

    def __init__(self, settings: ReporterSettings, clock: Clock) -> None:
        self.state = LinkState.DOWN
        self.boot = secrets.token_hex(8)
        self._settings = settings
        self._topics = Topics(settings.terminal_id)
        self._clock = clock
        self._backoff = Backoff(settings.retry_first_s, settings.retry_longest_s)
        self._link: Link | None = None
        self._number = 0
        self._since = 0.0
        self._retry_at = 0.0

    @property
    def link(self) -> Link | None:
        """The connection of the moment, for poll."""
        return self._link

    def wake_at(self) -> float:
        """When there is something to do although nothing happens."""
        if self.state is LinkState.DOWN:
            return self._retry_at
        return self._since + CONNECT_SECONDS if self.state is LinkState.CONNECTING else float("inf")

    def publish(self, message: Message) -> int | None:
        """Hand a message to the broker; the number under which it will be answered, None when nobody is there."""
        return None if self._link is None else self._link.publish(message)

    def turn(self, ready: int, now: float) -> list[LinkEvent]:
        """Do what is due and tell what happened; Connected and Lost come in turn, Lost at most once for each."""
        if self._link is None:
            self._connect_if_due(now)
            return []
        told: list[LinkEvent] = []
        for event in self._link.turn(ready):
            told.append(event)
            if isinstance(event, Connected):
                self._welcome(now)
            elif isinstance(event, Lost):
                self._lose(event.reason, now)
                return told
        if self.state is LinkState.CONNECTING and now >= self.wake_at():
            told.append(Lost("the broker does not say whether we may come in"))
            self._lose("no CONNACK", now)
        return told

    def farewell(self) -> int | None:
        """Say that this end is meant; the number under which it will be answered, None when nobody is there to hear."""
        if self.state is not LinkState.ONLINE:
            return None
        return self.publish(self._status(online=False))

    def close(self) -> None:
        """Leave; may be called twice."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def _connect_if_due(self, now: float) -> None:
        if now < self._retry_at:
            return
        self._number += 1
        try:
            link = Link(self._settings, self._status(online=False))
            link.open()
        except NetworkError as error:
            self._retry_at = now + self._backoff.next()
            log.warning("broker-unreachable", error=error, retry_s=round(self._retry_at - now, 1))
            return
        self._move(LinkMove.OPENED)
        self._link = link
        self._since = now

    def _welcome(self, now: float) -> None:
        self._move(LinkMove.WELCOMED)
        self._since = now
        assert self._link is not None
        self._link.subscribe([self._topics.ack, self._topics.commands])
        self._link.publish(self._status(online=True))
        log.info("broker-connected", url=self._settings.url, connection=self._number)

    def _lose(self, reason: str, now: float) -> None:
        if self.state is LinkState.ONLINE and now - self._since >= STEADY_SECONDS:
            self._backoff.reset()
        self._move(LinkMove.LOST)
        assert self._link is not None
        self._link.drop()
        self._link = None
        self._retry_at = now + self._backoff.next()
        log.warning("broker-lost", reason=reason, retry_s=round(self._retry_at - now, 1))

    def _status(self, *, online: bool) -> Message:
        content = Status(online, self.boot, self._number, self._settings.software)
        return messages.status(self._topics, content, self._clock.now())

    def _move(self, move: LinkMove) -> None:
        try:
            self.state = MOVES[self.state, move]
        except KeyError:
            raise IllegalMove(self.state, move) from None
