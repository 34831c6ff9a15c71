"""A topic that parses is written back as it was; every other text is nobody's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.errors import ConfigurationError
from firmware.report.topics import Address, Part, Topics, parse


def test_the_topics_of_a_terminal_are_those_of_the_contract() -> None:
    topics = Topics("FZ-BUS-0001")
    assert [
        topics.event("tap"),
        topics.telemetry,
        topics.status,
        topics.answer,
        topics.ack,
        topics.commands,
    ] == [
        "rongtong/1/FZ-BUS-0001/event/tap",
        "rongtong/1/FZ-BUS-0001/telemetry",
        "rongtong/1/FZ-BUS-0001/status",
        "rongtong/1/FZ-BUS-0001/answer",
        "rongtong/1/FZ-BUS-0001/ack",
        "rongtong/1/FZ-BUS-0001/command/+",
    ]


@pytest.mark.parametrize(
    ("topic", "address"),
    [
        ("rongtong/1/T-1/event/tap", Address("T-1", Part.EVENT, "tap")),
        ("rongtong/1/T-1/command/restart", Address("T-1", Part.COMMAND, "restart")),
        ("rongtong/1/T-1/ack", Address("T-1", Part.ACK)),
        ("rongtong/1/T-1/ack/x", None),
        ("rongtong/1/T-1/event", None),
        ("rongtong/1/T-1/event/a/b", None),
        ("rongtong/1/T-1/event/+", None),
        ("rongtong/2/T-1/ack", None),
        ("rongtong/1//ack", None),
        ("rongtong/1/T-1/unheard-of", None),
        ("", None),
    ],
)
def test_a_topic_is_taken_apart(topic, address) -> None:
    assert parse(topic) == address


@given(st.text())
def test_any_text_is_parsed_and_written_back_or_none(text) -> None:
    found = parse(f"rongtong/1/T-1/{text}")
    assert found is None or found.topic == f"rongtong/1/T-1/{text}"
    assert parse(text) is None or text.startswith("rongtong/1/")


@pytest.mark.parametrize("terminal", ["", "a/b", "+", "#", "a b", "x" * 65, "终端"])
def test_an_id_that_cannot_be_part_of_a_topic_is_refused(terminal) -> None:
    with pytest.raises(ConfigurationError):
        Topics(terminal)
