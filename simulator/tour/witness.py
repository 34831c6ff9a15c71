"""An MQTT subscriber that knows nothing of the terminal: it keeps what the broker says, once by event id."""

import json
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

Event = dict[str, Any]


class Witness:
    """Subscribes to everything below `rongtong/1`; `events` in the order of arrival, `topics` with every message."""

    def __init__(self, port: int) -> None:
        import paho.mqtt.client as mqtt
        from paho.mqtt.enums import CallbackAPIVersion

        self.events: list[Event] = []
        self.topics: list[str] = []
        self._changed = threading.Condition()
        self._subscribed = False
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="tour-witness", protocol=mqtt.MQTTv5)
        self._client.on_connect = lambda client, *_: client.subscribe("rongtong/1/#", qos=1)
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)

    def __enter__(self) -> Self:
        self._client.loop_start()
        self.wait_for(lambda: self._subscribed, 10.0)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def taps(self) -> list[Event]:
        """The tap events so far."""
        with self._changed:
            return [event for event in self.events if event["type"].startswith("rongtong.transit.tap.")]

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Whether the condition comes to hold within that time; asked again at every message."""
        until = time.monotonic() + seconds
        with self._changed:
            return self._changed.wait_for(condition, until - time.monotonic())

    def _on_subscribe(self, *_: object) -> None:
        with self._changed:
            self._subscribed = True
            self._changed.notify_all()

    def _on_message(self, _client: object, _data: object, message: Any) -> None:
        event = json.loads(message.payload)
        with self._changed:
            self.topics.append(message.topic)
            if "/event/" in message.topic and event["id"] not in {known["id"] for known in self.events}:
                self.events.append(event)
            self._changed.notify_all()
