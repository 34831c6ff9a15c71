"""A real mosquitto on a free port, and a subscriber that shares no code with the reporter."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

#: Nothing on this machine takes longer, however busy it is.
PATIENCE = 30.0
#: What the broker has acknowledged outlives its death: it writes after each change. Its queue has a limit because
#: mosquitto 2.0.11 takes 0 for "full" when it refuses a message, and hangs up.
CONFIGURATION = """
listener {port} 127.0.0.1
{access}
persistence true
persistence_location {directory}/
autosave_interval 1
autosave_on_changes true
max_queued_messages 1000000
max_inflight_messages 0
log_dest file {directory}/mosquitto.log
"""


def mosquitto() -> str:
    """Where the broker's program is; Debian keeps it outside an ordinary user's path."""
    found = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    assert found, "mosquitto is not installed: apt install mosquitto"
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """A mosquitto of one's own: `with Broker(tmp_path) as broker`. `access`: configuration lines about it."""

    def __init__(self, directory: Path, access: str = "allow_anonymous true") -> None:
        self.directory = directory
        self.port = free_port()
        self.access = access
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def __enter__(self) -> "Broker":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start, and return when it takes connections."""
        self.directory.mkdir(exist_ok=True)
        lines = CONFIGURATION.format(port=self.port, directory=self.directory, access=self.access)
        # Started by root it would turn into a user who may not read a test's files.
        lines += "user root\n" if os.geteuid() == 0 else ""
        configuration = self.directory / "mosquitto.conf"
        configuration.write_text(lines)
        self._process = subprocess.Popen([mosquitto(), "-c", configuration], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while not self._listening():
            assert self._process.poll() is None, f"mosquitto ended: see {self.directory}/mosquitto.log"
            assert time.monotonic() < deadline, "mosquitto takes no connections"

    def kill(self) -> None:
        """SIGKILL: as a power cut of the broker's machine."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def reload(self) -> None:
        """SIGHUP: it reads its access list again."""
        assert self._process
        self._process.send_signal(signal.SIGHUP)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None

    def _listening(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                return True
        assert self._process
        try:
            self._process.wait(0.02)
        except subprocess.TimeoutExpired:
            return False
        return False


@dataclass(frozen=True)
class Delivery:
    """A message as it came."""

    topic: str
    payload: bytes
    retain: bool
    content_type: str | None
    correlation: bytes | None


class Subscriber:
    """Records every message under its filters, over as many connections as it takes; its session outlives them."""

    def __init__(self, port: int, *filters: str, name: str = "test-subscriber") -> None:
        self.messages: list[Delivery] = []
        self._changed = threading.Condition()
        self._filters = filters
        self._subscribed = False
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
        properties.ReceiveMaximum = 65535
        self._client.connect_async("127.0.0.1", port, clean_start=False, properties=properties)

    def __enter__(self) -> "Subscriber":
        self._client.loop_start()
        self.wait_for(lambda: self._subscribed, "the broker did not take the subscription")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def wait_for(self, condition: Callable[[], bool], otherwise: str, seconds: float = PATIENCE) -> None:
        """Wait until a condition over the messages holds."""
        with self._changed:
            assert self._changed.wait_for(condition, seconds), f"{otherwise}; {len(self.messages)} messages came"

    def wait_for_messages(self, number: int) -> None:
        """Wait until so many have come."""
        self.wait_for(lambda: len(self.messages) >= number, f"not {number} messages")

    def publish(self, topic: str, payload: bytes, correlation: bytes | None = None) -> None:
        properties = Properties(PacketTypes.PUBLISH)
        if correlation is not None:
            properties.CorrelationData = correlation
        self._client.publish(topic, payload, 1, properties=properties).wait_for_publish(PATIENCE)

    def on(self, ending: str) -> list[Delivery]:
        """The messages whose topic ends so."""
        return [message for message in self.messages if message.topic.endswith(ending)]

    def _on_connect(self, client, _data, _flags, _reason, _properties) -> None:
        client.subscribe([(topic, 1) for topic in self._filters])

    def _on_subscribe(self, *_: object) -> None:
        with self._changed:
            self._subscribed = True
            self._changed.notify_all()

    def _on_message(self, _client, _data, message) -> None:
        more = message.properties
        content, correlation = getattr(more, "ContentType", None), getattr(more, "CorrelationData", None)
        with self._changed:
            self.messages.append(Delivery(message.topic, message.payload, message.retain, content, correlation))
            self._changed.notify_all()
