"""The broker dies, the reporter dies: every event comes, once after de-duplication by its id, and none is missing."""

import random
import signal
import threading

import msgspec
import pytest

from tests.broker import Broker, Subscriber
from tests.journal.rows import tap
from tests.report.reporting import EVENTS, sequences, spawn, writing

pytestmark = pytest.mark.broker
ROWS = 500


class Reporters:
    """A reporter that is killed and started again."""

    def __init__(self, state, url) -> None:
        self._told = (state, url)
        self._process = spawn(*self._told)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def again(self) -> None:
        self.kill()
        self._process = spawn(*self._told)


def write(journal) -> None:
    for number in range(1, ROWS + 1):
        journal.commit(tap(number))


def test_nothing_is_lost_when_broker_and_reporter_are_killed_again_and_again(tmp_path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    with (
        Broker(tmp_path / "broker") as broker,
        Subscriber(broker.port, EVENTS) as subscriber,
        writing(state) as journal,
    ):
        reporters = Reporters(state, broker.url)
        try:
            writer = threading.Thread(target=write, args=(journal,))
            writer.start()
            for storm in range(4):
                wanted = len(subscriber.messages) + random.randint(1, ROWS // 6)
                subscriber.wait_for_messages(min(wanted, ROWS))
                if storm == 1:
                    broker.kill()
                    broker.start()
                else:
                    reporters.again()
            writer.join()
            subscriber.wait_for(lambda: len(set(sequences(subscriber))) == ROWS, "events are missing")
        finally:
            reporters.kill()
        events = [msgspec.json.decode(message.payload) for message in subscriber.messages]
    by_id = {event["id"]: event for event in events}
    assert sorted(event["sequence"] for event in by_id.values()) == list(range(1, ROWS + 1))
    assert [by_id[event["id"]] for event in events] == events
