"""The reporter against a real broker: what is delivered, when, and what becomes of what is not."""

import json
import signal

import msgspec
import pytest

from firmware.errors import ConfigurationError
from firmware.report.reporter import run_reporter
from firmware.report.store import FILE_NAME, Inbound, Marks, Store
from tests.broker import PATIENCE, Broker, Subscriber
from tests.journal.rows import entry, tap
from tests.report.reporting import EVENTS, ROOT, hearing, reporting, sequences, settings, spawn, writing

pytestmark = pytest.mark.broker
EVERYTHING = f"{ROOT}/#"


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def state(tmp_path):
    directory = tmp_path / "state"
    directory.mkdir()
    return directory


def marks(state, journal):
    with Store.open(state / FILE_NAME) as store:
        return store.marks(journal.identity.journal_id)


def statuses(subscriber):
    return [msgspec.json.decode(message.payload)["data"] for message in subscriber.on("/status")]


def test_every_event_is_published_in_order_and_marked(broker, state) -> None:
    with Subscriber(broker.port, EVENTS) as subscriber, writing(state) as journal:
        journal.commit(tap(1))
        with reporting(settings(state, broker.url)):
            journal.commit(entry())
            journal.commit(tap(2))
            subscriber.wait_for(lambda: len(subscriber.messages) == 2, "no two events")
        assert sequences(subscriber) == [1, 2]
        assert marks(state, journal) == Marks(delivered=2)
        message = subscriber.messages[0]
        assert (message.topic, message.content_type, message.retain) == (
            f"{ROOT}/event/tap",
            "application/cloudevents+json",
            False,
        )
        assert json.loads(message.payload)["id"] == f"{journal.identity.journal_id}-1"


def test_what_was_delivered_is_not_published_again_after_a_restart(broker, state) -> None:
    with Subscriber(broker.port, EVENTS) as subscriber, writing(state) as journal:
        for number in (1, 2, 3):
            journal.commit(tap(number))
            with reporting(settings(state, broker.url)):
                subscriber.wait_for_messages(number)
        assert sequences(subscriber) == [1, 2, 3]


def test_without_a_subscriber_events_wait_and_come_in_order(broker, state) -> None:
    with writing(state) as journal, hearing("event-not-delivered") as refused:
        for number in range(1, 51):
            journal.begin(tap(number))
        with reporting(settings(state, broker.url)):
            assert refused.acquire(timeout=PATIENCE)
            assert marks(state, journal) == Marks()
            with Subscriber(broker.port, EVENTS) as subscriber:
                subscriber.wait_for(lambda: len(subscriber.messages) >= 50, "no fifty events")
        assert sequences(subscriber) == list(range(1, 51))


def test_what_the_broker_forbids_is_not_delivered_until_it_allows_it(tmp_path, state) -> None:
    rights = tmp_path / "acl"
    rights.write_text(f"topic read {EVENTS}\ntopic write {ROOT}/status\ntopic write {ROOT}/event/alarm\n")
    access = f"allow_anonymous true\nacl_file {rights}"
    with (
        Broker(tmp_path / "broker", access) as broker,
        Subscriber(broker.port, EVENTS) as subscriber,
        writing(state) as journal,
        hearing("event-not-delivered") as refused,
        reporting(settings(state, broker.url)),
    ):
        journal.commit(tap(1))
        journal.commit(tap(2))
        assert refused.acquire(timeout=PATIENCE)
        assert (subscriber.messages, marks(state, journal)) == ([], Marks())
        rights.write_text(f"topic readwrite {ROOT}/#\n")
        broker.reload()
        subscriber.wait_for(lambda: len(subscriber.messages) == 2, "no two events")
        assert sequences(subscriber) == [1, 2]


def test_reporter_and_journal_may_come_before_the_broker(tmp_path, state) -> None:
    broker = Broker(tmp_path / "broker")
    with hearing("broker-unreachable") as unreachable, reporting(settings(state, broker.url)):
        assert unreachable.acquire(timeout=PATIENCE)
        with writing(state) as journal:
            journal.commit(tap(1))
            with broker, Subscriber(broker.port, EVENTS) as subscriber:
                subscriber.wait_for(lambda: sequences(subscriber)[-1:] == [1], "no event")


def test_the_reporter_may_come_before_the_journal_and_never_creates_it(broker, state) -> None:
    with Subscriber(broker.port, EVERYTHING) as subscriber, reporting(settings(state, broker.url)):
        subscriber.wait_for(lambda: subscriber.on("/telemetry"), "no telemetry")
        assert not (state / "journal.db").exists()
        with writing(state) as journal:
            journal.commit(tap(1))
            subscriber.wait_for(lambda: sequences(subscriber) == [1], "no event")


def test_birth_and_death_name_the_connection_and_a_meant_end_is_a_death_too(broker, state) -> None:
    with Subscriber(broker.port, f"{ROOT}/status") as subscriber:
        with reporting(settings(state, broker.url)):
            subscriber.wait_for(lambda: len(subscriber.messages) == 1, "no birth")
        subscriber.wait_for(lambda: len(subscriber.messages) == 2, "no death")
        birth, death = statuses(subscriber)
        assert birth == {"online": True, "boot": birth["boot"], "connection": 1, "software": "test"}
        assert death == birth | {"online": False}
    with Subscriber(broker.port, f"{ROOT}/status", name="late") as late:
        late.wait_for(lambda: late.messages, "nothing was retained")
        assert late.messages[0].retain


def test_the_broker_tells_the_death_of_a_killed_reporter(broker, state) -> None:
    with Subscriber(broker.port, f"{ROOT}/status") as subscriber, spawn(state, broker.url) as process:
        subscriber.wait_for(lambda: len(subscriber.messages) == 1, "no birth")
        process.send_signal(signal.SIGKILL)
        subscriber.wait_for(lambda: len(subscriber.messages) == 2, "no death")
        birth, death = statuses(subscriber)
        assert death == birth | {"online": False}


def test_a_confirmation_moves_its_mark_and_nothing_else_does(broker, state) -> None:
    with Subscriber(broker.port, EVENTS) as subscriber, writing(state) as journal:
        with reporting(settings(state, broker.url)), hearing("acknowledgement-ignored") as ignored:
            for number in range(1, 6):
                journal.commit(tap(number))
            subscriber.wait_for(lambda: len(subscriber.messages) == 5, "no five events")
            subscriber.publish(f"{ROOT}/ack", b'{"sequence": 3}')
            subscriber.publish(f"{ROOT}/ack", b'{"sequence": 2}')
            subscriber.publish(f"{ROOT}/ack", b'{"sequence": 99}')
            assert ignored.acquire(timeout=PATIENCE)
        assert marks(state, journal) == Marks(delivered=5, confirmed=3)


def test_a_collector_that_stays_behind_is_sent_the_rest_again(broker, state) -> None:
    with Subscriber(broker.port, EVENTS) as subscriber, writing(state) as journal:
        with reporting(settings(state, broker.url, resend_s=0.2)):
            for number in range(1, 6):
                journal.commit(tap(number))
            subscriber.wait_for(lambda: len(subscriber.messages) == 5, "no five events")
            subscriber.publish(f"{ROOT}/ack", b'{"sequence": 3}')
            subscriber.wait_for(lambda: len(subscriber.messages) >= 7, "nothing came again")
            subscriber.publish(f"{ROOT}/ack", b'{"sequence": 5}')
        assert sequences(subscriber)[:7] == [1, 2, 3, 4, 5, 4, 5]
        assert marks(state, journal).delivered == 5


def test_a_command_is_answered_and_noted(broker, state) -> None:
    with Subscriber(broker.port, f"{ROOT}/answer", f"{ROOT}/status") as subscriber:
        with reporting(settings(state, broker.url)):
            subscriber.wait_for(lambda: subscriber.on("/status"), "no birth")
            subscriber.publish(f"{ROOT}/command/restart", b"now", correlation=b"\x01\x02")
            subscriber.wait_for(lambda: subscriber.on("/answer"), "no answer")
        answer = subscriber.on("/answer")[0]
    assert (json.loads(answer.payload), answer.correlation) == ({"ok": False, "error": "unknown command"}, b"\x01\x02")
    with Store.open(state / FILE_NAME) as store:
        (noted,) = store.inbound()
    assert noted == Inbound(noted.time, "restart", b"now", b"\x01\x02", answer.payload)


HOSTILE = [
    b"",
    b"\x00" * 70_000,
    b"\xff\xfe\xfd",
    b"[" * 50_000,
    b'{"sequence": 1e999}',
    b'{"sequence": null}',
    b'{"sequence": 99999999999999999999999999}',
    "{'终端': 1}".encode(),
]


def test_no_message_from_outside_stops_the_reporter(broker, state) -> None:
    with Subscriber(broker.port, EVERYTHING) as subscriber, writing(state) as journal:
        with reporting(settings(state, broker.url)):
            subscriber.wait_for(lambda: subscriber.on("/status"), "no birth")
            for payload in HOSTILE:
                for topic in ("ack", "command/x", "command/\N{HAMMER AND WRENCH} x", "command/%s"):
                    subscriber.publish(f"{ROOT}/{topic}", payload, correlation=payload[:60_000])
            journal.commit(tap(1))
            subscriber.wait_for(lambda: sequences(subscriber) == [1], "the reporter has stopped")
        assert [status["connection"] for status in statuses(subscriber)] == [1, 1]


@pytest.mark.parametrize("changes", [{"url": "http://x"}, {"terminal_id": "a/b"}])
def test_settings_that_cannot_be_used_are_refused_at_once(state, changes) -> None:
    import threading

    told = settings(state, "mqtt://127.0.0.1:1")
    told = type(told)(**{name: getattr(told, name) for name in told.__slots__} | changes)
    with pytest.raises(ConfigurationError):
        run_reporter(told, threading.Event())
