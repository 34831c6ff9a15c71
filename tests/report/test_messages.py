import json
from datetime import datetime

import pytest

from firmware.card.exchange import RowKind
from firmware.clock import CHINA
from firmware.errors import JournalCorrupt
from firmware.journal.chain import Row
from firmware.journal.reader import Identity
from firmware.report import messages
from firmware.report.messages import Answer, Content, Message, Status, Telemetry
from firmware.report.topics import Topics

TOPICS = Topics("T-1")
IDENTITY = Identity("00112233aabbccdd", "T-1")
NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=CHINA)


def row(**changes):
    values = {
        "id": 9,
        "transaction": "t",
        "kind": RowKind.OUTCOME,
        "state": "paid",
        "time": "2026-11-23T08:15:30",
        "clock_trusted": True,
        "body": b"{}",
        "sequence": 7,
        "event_kind": "tap",
        "event_type": "rongtong.transit.tap.v1",
        "event_data": b'{"amount_fen":200}',
        "previous": b"",
        "hash": b"",
    }
    return Row(**(values | changes))


def test_a_row_becomes_a_cloud_event_and_the_same_bytes_each_time() -> None:
    first, second = messages.event(TOPICS, IDENTITY, row()), messages.event(TOPICS, IDENTITY, row())
    assert first == second
    assert (first.topic, first.content, first.qos, first.retain, first.expiry_s) == (
        "rongtong/1/T-1/event/tap",
        Content.CLOUD_EVENT,
        1,
        False,
        None,
    )
    assert json.loads(first.payload) == {
        "specversion": "1.0",
        "id": "00112233aabbccdd-7",
        "source": "/terminals/T-1",
        "type": "rongtong.transit.tap.v1",
        "time": "2026-11-23T00:15:30.000Z",
        "datacontenttype": "application/json",
        "sequence": 7,
        "data": {"amount_fen": 200},
    }


@pytest.mark.parametrize(
    "changes",
    [{"sequence": None}, {"event_kind": None}, {"event_kind": "a/b"}, {"event_kind": "#"}, {"time": "yesterday"}],
)
def test_a_row_that_no_topic_can_carry_is_refused(changes) -> None:
    with pytest.raises(JournalCorrupt):
        messages.event(TOPICS, IDENTITY, row(**changes))


def test_a_birth_is_retained_and_names_its_connection() -> None:
    message = messages.status(TOPICS, Status(online=True, boot="b00t", connection=3, software="1.0"), NOON)
    assert (message.topic, message.retain, message.qos) == ("rongtong/1/T-1/status", True, 1)
    assert json.loads(message.payload) == {
        "specversion": "1.0",
        "id": "b00t-3-birth",
        "source": "/terminals/T-1",
        "type": "rongtong.status.v1",
        "time": "2026-11-23T04:00:00.000Z",
        "datacontenttype": "application/json",
        "data": {"online": True, "boot": "b00t", "connection": 3, "software": "1.0"},
    }


def test_telemetry_is_sent_once_and_grows_old() -> None:
    content = Telemetry("b00t", "1.0", 61, None, 5, 4, 1, 10**9, clock_trusted=True)
    message = messages.telemetry(TOPICS, content, NOON, 120)
    assert (message.qos, message.retain, message.expiry_s) == (0, False, 120)
    assert json.loads(message.payload)["data"] == {
        "boot": "b00t",
        "software": "1.0",
        "uptime_s": 61,
        "journal": None,
        "delivered": 5,
        "confirmed": 4,
        "backlog": 1,
        "disk_free_bytes": 10**9,
        "clock_trusted": True,
    }


def test_an_answer_carries_what_the_asker_knows_it_by() -> None:
    assert messages.answer(TOPICS, Answer(ok=False, error="unknown command"), b"\x01") == Message(
        topic="rongtong/1/T-1/answer",
        payload=b'{"ok":false,"error":"unknown command"}',
        content=Content.JSON,
        correlation=b"\x01",
    )
