"""What is published: CloudEvents 1.0 in JSON, and the answer to a command. No I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import msgspec

from firmware.clock import utc_text
from firmware.errors import JournalCorrupt
from firmware.journal.chain import Row
from firmware.journal.reader import Identity
from firmware.report.topics import WORD, Topics

SPECVERSION = "1.0"
STATUS_TYPE = "rongtong.status.v1"
TELEMETRY_TYPE = "rongtong.telemetry.v1"


class Content(Enum):
    """MQTT's Content Type."""

    CLOUD_EVENT = "application/cloudevents+json"
    JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Message:
    """A message to publish. `expiry_s`: seconds after which nobody wants it any more; never for money."""

    topic: str
    payload: bytes
    content: Content = Content.CLOUD_EVENT
    qos: int = 1
    retain: bool = False
    expiry_s: int | None = None
    correlation: bytes | None = None


class CloudEvent(msgspec.Struct, omit_defaults=True, frozen=True):
    """The envelope; `sequence` counts events and is absent from status and telemetry."""

    specversion: str
    id: str
    source: str
    type: str
    time: str
    datacontenttype: str
    data: msgspec.Raw
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """Birth or death. A death belongs to the birth with the same `boot` and `connection`, and to no later one."""

    online: bool
    boot: str
    connection: int
    software: str


@dataclass(frozen=True, slots=True)
class Telemetry:
    """How the reporter is: seconds since its start, events delivered, confirmed and still to come, free disk space."""

    boot: str
    software: str
    uptime_s: int
    journal: str | None
    delivered: int
    confirmed: int
    backlog: int
    disk_free_bytes: int
    clock_trusted: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command."""

    ok: bool
    error: str


def event(topics: Topics, identity: Identity, row: Row) -> Message:
    """The message for a journal row that carries an event; the same row always gives the same bytes.

    Raises JournalCorrupt for a row that has no event, or none that a topic can carry.
    """
    kind, data = row.event_kind, row.event_data
    if row.sequence is None or kind is None or row.event_type is None or data is None or not WORD.fullmatch(kind):
        raise JournalCorrupt(f"row {row.id} carries no event that can be published")
    envelope = CloudEvent(
        specversion=SPECVERSION,
        id=f"{identity.journal_id}-{row.sequence}",
        source=source(topics.terminal),
        type=row.event_type,
        time=utc_text(row.moment),
        datacontenttype=Content.JSON.value,
        data=msgspec.Raw(data),
        sequence=row.sequence,
    )
    return Message(topics.event(kind), msgspec.json.encode(envelope))


def status(topics: Topics, content: Status, moment: datetime) -> Message:
    """Birth or death, to be retained."""
    name = f"{content.boot}-{content.connection}-{'birth' if content.online else 'death'}"
    payload = _plain(topics, name, STATUS_TYPE, moment, msgspec.json.encode(content))
    return Message(topics.status, payload, retain=True)


def telemetry(topics: Topics, content: Telemetry, moment: datetime, expiry_s: int) -> Message:
    """Telemetry: the next one replaces it, so that it is sent once and forgotten."""
    name = f"{content.boot}-telemetry-{content.uptime_s}"
    payload = _plain(topics, name, TELEMETRY_TYPE, moment, msgspec.json.encode(content))
    return Message(topics.telemetry, payload, qos=0, expiry_s=expiry_s)


def answer(topics: Topics, content: Answer, correlation: bytes | None) -> Message:
    """The answer to a command, with what the asker uses to know it again."""
    return Message(topics.answer, msgspec.json.encode(content), Content.JSON, correlation=correlation)


def source(terminal: str) -> str:
    """A terminal as a CloudEvents source."""
    return f"/terminals/{terminal}"


def _plain(topics: Topics, name: str, kind: str, moment: datetime, data: bytes) -> bytes:
    """An envelope for what is not an event of the journal."""
    return msgspec.json.encode(
        CloudEvent(
            specversion=SPECVERSION,
            id=name,
            source=source(topics.terminal),
            type=kind,
            time=utc_text(moment),
            datacontenttype=Content.JSON.value,
            data=msgspec.Raw(data),
        )
    )
