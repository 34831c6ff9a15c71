import inspect
import string

import pytest

from firmware.errors import InternalError
from firmware.panel.texts import TEXTS, say
from firmware.transit.reasons import Reason


def placeholders(template):
    return [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]


@pytest.mark.parametrize("message", list(TEXTS))
def test_both_languages_say_the_same_with_the_same_values(message):
    text = TEXTS[message]
    assert sorted(placeholders(text.chinese)) == sorted(placeholders(text.english))
    assert text.chinese.strip()
    assert text.english.isascii()
    assert not text.chinese.isascii()


@pytest.mark.parametrize("reason", list(Reason), ids=lambda reason: reason.value)
def test_every_reason_to_refuse_a_card_has_a_text(reason):
    assert reason.value in TEXTS


@pytest.mark.parametrize(
    "message",
    ["ready", "paid", "recovered", "already-shown", "repeated", "several-cards", "tap-again", "mac2-bad"]
    + ["mac2-unverified", "in-doubt", "stopping", "emergency"]
    + [f"out-of-service-{part}" for part in ("sam", "journal", "clock", "reader", "panel")],
)
def test_every_message_of_a_terminal_has_a_text(message):
    assert message in TEXTS


@pytest.mark.parametrize(
    ("language", "text"), [("zh-CN", "扣款 1.80 元\n余额 98.20 元"), ("en", "Paid 1.80 yuan\nBalance 98.20 yuan")]
)
def test_amounts_are_shown_in_yuan(language, text):
    assert say(language, "paid", {"amount_fen": 180, "balance_fen": 9820}) == text


def test_values_that_a_text_does_not_show_do_no_harm():
    assert say("en", "ready", {"amount_fen": 180, "name": "{amount_fen}"}) == "Please tap your card"


@pytest.mark.parametrize(("message", "missing"), [("xyzzy", "xyzzy"), ("paid", "amount_fen")])
def test_a_text_that_cannot_be_shown_is_our_own_error(message, missing):
    with pytest.raises(InternalError, match=f"'{missing}' is missing"):
        say("en", message, {})


def test_texts_are_written_once():
    source = inspect.getsource(inspect.getmodule(say))
    assert [message for message in TEXTS if source.count(f'    "{message}": Text(') != 1] == []
