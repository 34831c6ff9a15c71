"""One connection to the broker, from CONNECT to its end: MQTT 5 over paho, which is imported here and nowhere else.

A new connection is a new link, because paho would send again what it still holds of the old one, and it is the window
that decides what is sent again. paho runs without a thread: the reporter waits for its socket beside the doorbell.
Callbacks only write down what happened; `turn` hands it out.
"""

import select
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from traceback import clear_frames
from typing import Any, TypeAlias

from firmware import logs
from firmware.errors import NetworkError
from firmware.report.messages import Message
from firmware.report.settings import BrokerAddress, ReporterSettings
from firmware.report.window import IN_FLIGHT

#: The broker must have said yes by then.
CONNECT_SECONDS = 5.0
KEEPALIVE_SECONDS = 60
#: The broker keeps our subscriptions, and commands for us, so long.
SESSION_SECONDS = 7 * 24 * 3600
#: A larger message is not for a terminal; the broker must not send it.
LARGEST_INBOUND = 64 * 1024
#: PUBACK: the broker has thrown the message away because nobody subscribes to it. Not a failure to MQTT; to us it is.
NO_MATCHING_SUBSCRIBERS = 0x10
log = logs.instrument(__name__)


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker has said yes, and takes so many messages at once."""

    receive_maximum: int


@dataclass(frozen=True, slots=True)
class Answered:
    """The broker's answer to message `mid`: somebody will get it, or `reason` says why not."""

    mid: int
    delivered: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Received:
    """A message for us; its bytes are a stranger's."""

    topic: str
    payload: bytes
    correlation: bytes | None


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection has ended, or never came to be."""

    reason: str


LinkEvent: TypeAlias = Connected | Answered | Received | Lost


class Link:
    """One connection. Used by one thread. `will` is what the broker says for us when we fall silent."""

    def __init__(self, settings: ReporterSettings, will: Message) -> None:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

        self._settings = settings
        self._address = BrokerAddress.from_url(settings.url)
        self._events: list[LinkEvent] = []
        self._properties: dict[object, Any] = {}
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=settings.terminal_id, protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.connect_timeout = CONNECT_SECONDS
        self._client.max_inflight_messages_set(IN_FLIGHT)
        self._client.will_set(will.topic, will.payload, will.qos, will.retain)
        # The callbacks know the list and not the link: a link that is let go of takes its sockets with it at once.
        self._client.on_connect = partial(_on_connect, self._events)
        self._client.on_disconnect = partial(_on_disconnect, self._events)
        self._client.on_publish = partial(_on_publish, self._events)
        self._client.on_message = partial(_on_message, self._events)

    def open(self) -> None:
        """Reach the broker; blocks for CONNECT_SECONDS at most, and as long for a TLS handshake.

        What the broker says to it comes later, as Connected or Lost. Raises NetworkError when it cannot be reached.
        """
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        wishes.SessionExpiryInterval = SESSION_SECONDS
        wishes.ReceiveMaximum = IN_FLIGHT
        wishes.MaximumPacketSize = LARGEST_INBOUND
        host, port = self._address.host, self._address.port
        try:
            self._secure()
            self._client.connect(host, port, KEEPALIVE_SECONDS, clean_start=False, properties=wishes)
        except (OSError, ValueError) as error:
            # paho does not close the socket of a handshake that failed; only its dead frames still hold it.
            clear_frames(error.__traceback__)
            raise NetworkError(f"the broker {host}:{port} cannot be reached: {error}") from error

    def subscribe(self, filters: list[str]) -> None:
        """Ask for messages; what was sent for us meanwhile comes with them."""
        self._client.subscribe([(topic, 1) for topic in filters])

    def publish(self, message: Message) -> int:
        """Hand a message to the connection; the number under which it will be answered.

        What paho returns beside it is not looked at: whether it went out is told by Answered or by Lost alone.
        """
        properties = self._published(message)
        info = self._client.publish(message.topic, message.payload, message.qos, message.retain, properties)
        return info.mid

    def fileno(self) -> int:
        """For poll; -1 when there is no connection."""
        socket = self._client.socket()
        return -1 if socket is None else socket.fileno()

    def wants(self) -> int:
        """What to poll for."""
        return select.POLLIN | (select.POLLOUT if self._client.want_write() else 0)

    def pending(self) -> bool:
        """Whether bytes wait that poll cannot see: decrypted already, or told already."""
        socket: Any = self._client.socket()  # paho's type does not know that it may be an SSLSocket
        return bool(self._events) or (self._address.tls and socket is not None and socket.pending() > 0)

    def turn(self, ready: int) -> list[LinkEvent]:
        """Read and write what can be, keep alive, and tell what happened. `ready`: what poll has answered."""
        try:
            if ready & ~select.POLLOUT or self.pending():
                self._client.loop_read()
            if self._client.want_write():
                self._client.loop_write()
            self._client.loop_misc()
        except Exception as error:  # noqa: BLE001 - paho has many ways to stumble over a broker's bytes
            log.failure("mqtt-client-failed", error)
            self._events.append(Lost(f"the connection broke: {error}"))
        if self._client.socket() is None:
            self._events.append(Lost("the connection was closed"))
        told = self._events[:]
        self._events.clear()
        return told

    def close(self) -> None:
        """Say good-bye, so that our will is not published, and hang up; never raises, may be called twice."""
        with suppress(Exception):
            self._client.disconnect()
        self.drop()

    def drop(self) -> None:
        """Hang up; never raises, may be called twice."""
        socket = self._client.socket()
        if socket is not None:
            with suppress(OSError):
                socket.close()

    def _secure(self) -> None:
        if self._address.tls:
            told = self._settings
            ca, certificate, key = (
                None if path is None else str(path) for path in (told.ca, told.certificate, told.key)
            )
            self._client.tls_set(ca, certificate, key)

    def _published(self, message: Message) -> Any:
        """MQTT's properties of a message; those that many messages share are made and packed once.

        paho would pack them anew for every event, which takes longer than all the rest of publishing it.
        """
        if message.correlation is not None:
            return _properties(message)
        key = (message.content.value, message.expiry_s)
        shared = self._properties.get(key)
        if shared is None:
            shared = self._properties[key] = _properties(message)
            packed = shared.pack()
            object.__setattr__(shared, "pack", lambda: packed)
        return shared


def _properties(message: Message) -> Any:
    """paho's Properties, a type that is known only where paho is imported."""
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.PayloadFormatIndicator = 1
    properties.ContentType = message.content.value
    if message.expiry_s is not None:
        properties.MessageExpiryInterval = message.expiry_s
    if message.correlation is not None:
        properties.CorrelationData = message.correlation
    return properties


# paho's callbacks. An exception in one would end up in paho; they only write down.


def _on_connect(events: list[LinkEvent], _client: Any, _data: Any, _flags: Any, reason: Any, properties: Any) -> None:
    if reason.is_failure:
        events.append(Lost(f"the broker refuses us: {reason}"))
    else:
        events.append(Connected(getattr(properties, "ReceiveMaximum", 0xFFFF)))


def _on_disconnect(events: list[LinkEvent], _client: Any, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
    events.append(Lost(f"the connection ended: {reason}"))


def _on_publish(events: list[LinkEvent], _client: Any, _data: Any, mid: int, reason: Any, _more: Any) -> None:
    delivered = not reason.is_failure and reason.value != NO_MATCHING_SUBSCRIBERS
    events.append(Answered(mid, delivered, "" if delivered else str(reason)))


def _on_message(events: list[LinkEvent], _client: Any, _data: Any, message: Any) -> None:
    try:
        topic = message.topic
    except UnicodeDecodeError:
        return
    events.append(Received(topic, bytes(message.payload), getattr(message.properties, "CorrelationData", None)))
