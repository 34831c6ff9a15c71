import io
import logging
import pickle
import traceback

import pytest

from firmware import logs
from firmware.masks import CardNumber, IdNumber, Masked, PersonName, Secret

CANARY = "7350104199001011234"
MASKED = [
    (CardNumber("03105" + CANARY[:15]), CANARY[:10]),
    (IdNumber(CANARY[1:]), CANARY[1:8]),
    (PersonName("欧阳测试甲"), "测试"),
    (Secret(b"TEST-KEY-XYZZY-1"), "XYZZY"),
    (Secret(b"TEST-KEY-XYZZY-1"), b"TEST-KEY-XYZZY-1".hex()),
]


@pytest.fixture(params=MASKED, ids=lambda pair: type(pair[0]).__name__)
def masked(request):
    return request.param


def test_no_way_of_formatting_shows_the_content(masked):
    value, canary = masked
    shown = [
        str(value),
        repr(value),
        f"{value}",
        f"{value!r}",
        f"{value:>40}",
        "%s %r" % (value, value),  # noqa: UP031 - the old way must be safe too
        f"{value} {value!r}",
        f"{[value]} { ({'k': value}) }",
    ]
    assert [text for text in shown if canary.lower() in text.lower()] == []


def test_no_traceback_shows_the_content(masked):
    value, canary = masked
    assert canary.lower() not in traceback_with_locals(value).lower()


def traceback_with_locals(value):
    try:
        raise RuntimeError(value)
    except RuntimeError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


@pytest.mark.parametrize("level", list(logs.LEVELS))
def test_no_log_level_shows_the_content(masked, level):
    value, canary = masked
    stream = io.StringIO()
    with logs.running(level, stream):
        log = logs.instrument("firmware.canary")
        for write in (log.error, log.warning, log.info, log.debug, log.traffic):
            write("canary", value=value)
        log.failure("canary-failed", RuntimeError(value), value=value)
    assert "canary value=" in stream.getvalue()
    assert canary.lower() not in stream.getvalue().lower()


def test_masked_values_are_never_pickled(masked):
    with pytest.raises(TypeError, match="must not be pickled"):
        pickle.dumps(masked[0])


def test_the_mask_keeps_what_may_be_shown():
    assert [
        CardNumber("03105060012345678901").mask(),
        CardNumber("123").mask(),
        IdNumber("350104199001011234").mask(),
        PersonName("张三").mask(),
        Secret(b"\1\2").mask(),
    ] == ["****************8901", "123", "*" * 18, "**", "secret of 2 bytes"]


def test_the_screen_may_show_a_little_more_of_a_person():
    assert [
        IdNumber("350104199001011234").on_screen(),
        PersonName("张三").on_screen(),
        PersonName("张三丰").on_screen(),
        PersonName("甲").on_screen(),
        PersonName("").on_screen(),
    ] == ["350***********1234", "张*", "张*丰", "甲", ""]


def test_the_content_is_there_for_whoever_asks_by_name():
    assert [CardNumber("1").reveal(), IdNumber("2").reveal(), PersonName("甲").reveal(), Secret(b"k").reveal()] == [
        "1",
        "2",
        "甲",
        b"k",
    ]


def test_equal_content_is_equal_and_can_be_looked_up():
    assert (CardNumber("1") == CardNumber("1"), CardNumber("1") == IdNumber("1"), {CardNumber("1")}) == (
        True,
        False,
        {CardNumber("1")},
    )


def test_a_mask_must_be_defined_by_each_type():
    with pytest.raises(NotImplementedError):
        str(Masked())


def test_plain_logging_shows_the_mask_too(caplog):
    logging.getLogger("elsewhere").warning("%s", CardNumber("03105060012345678901"))
    assert caplog.messages == ["****************8901"]
