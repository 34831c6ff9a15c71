from dataclasses import dataclass, field

import pytest

from firmware.card.apdu import Command, Response
from firmware.card.exchange import (
    Ask,
    Begin,
    Call,
    Commit,
    Durable,
    Entry,
    RowKind,
    Send,
    Show,
    Signal,
    Target,
    View,
    transact,
)
from firmware.card.status import StatusWord
from firmware.errors import (
    CardLost,
    CardRefused,
    InternalError,
    JournalFull,
    MalformedCardData,
    MalformedSamData,
    NetworkError,
    PanelError,
)
from firmware.runner import Runner

DEBIT = Command(0x80, 0x54, 0x01, 0x00, b"\0" * 15, 8)
INTENT = Entry("t-1", RowKind.INTENT, "pending", {"amount_fen": 200})
OUTCOME = Entry("t-1", RowKind.OUTCOME, "paid", {"amount_fen": 200})
READY = View(Signal.READY, "ready")


@dataclass
class Recorder:
    """Every part of a terminal in one: keeps in order what it was asked to do."""

    happened: list = field(default_factory=list)
    answer: object = Response(b"\xaa", StatusWord.OK)
    full: bool = False

    def transmit(self, command):
        self.happened.append(str(command))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def begin(self, entry):
        self.happened.append(("begin", entry.state))
        return Ticket(self, entry.state)

    def show(self, view):
        self.happened.append(("show", view.message))

    def ask(self, question):
        raise PanelError("no keys")


@dataclass
class Ticket:
    recorder: Recorder
    state: str

    def wait(self):
        self.recorder.happened.append(("durable", self.state))
        if self.recorder.full:
            raise JournalFull("no space")


def runner(recorder):
    return Runner(
        card=recorder, sam=recorder, journal=recorder, panel=recorder, hosts={"bank": lambda request: f"re: {request}"}
    )


def pay():
    yield Begin(INTENT)
    yield Durable()
    data = yield from transact(Target.CARD, DEBIT, "the debit", moves_money=True)
    yield Commit(OUTCOME)
    yield Show(READY)
    return data


def test_effects_are_performed_in_the_order_in_which_they_are_yielded():
    recorder = Recorder()
    result = runner(recorder).run(pay())
    assert (result, recorder.happened) == (
        b"\xaa",
        [
            ("begin", "pending"),
            ("durable", "pending"),
            str(DEBIT),
            ("begin", "paid"),
            ("durable", "paid"),
            ("show", "ready"),
        ],
    )


def test_no_money_moves_while_an_intent_is_still_on_its_way_to_the_disk():
    recorder = Recorder()

    def hasty():
        yield Begin(INTENT)
        yield Send(Target.CARD, DEBIT, moves_money=True)

    with pytest.raises(InternalError, match="before its intent is durable"):
        runner(recorder).run(hasty())
    assert recorder.happened == [("begin", "pending")]


def test_other_commands_may_be_sent_while_an_intent_is_on_its_way():
    recorder = Recorder()

    def patient():
        yield Begin(INTENT)
        yield Send(Target.CARD, DEBIT)
        yield Durable()

    runner(recorder).run(patient())
    assert recorder.happened == [("begin", "pending"), str(DEBIT), ("durable", "pending")]


def test_an_intent_that_cannot_be_written_stops_the_debit():
    recorder = Recorder(full=True)
    with pytest.raises(JournalFull):
        runner(recorder).run(pay())
    assert recorder.happened == [("begin", "pending"), ("durable", "pending")]


def test_an_intent_of_an_ended_conversation_does_not_hinder_the_next_one():
    recorder = Recorder()

    def ends_early():
        yield Begin(INTENT)

    def debit():
        yield Send(Target.CARD, DEBIT, moves_money=True)

    one = runner(recorder)
    one.run(ends_early())
    one.run(debit())
    assert recorder.happened == [("begin", "pending"), str(DEBIT)]


def test_an_error_is_thrown_into_the_conversation_which_may_go_on():
    def careful():
        try:
            yield Send(Target.CARD, DEBIT)
        except CardLost as error:
            yield Show(View(Signal.AGAIN, "tap-again"))
            return str(error)

    recorder = Recorder(answer=CardLost("gone"))
    assert (runner(recorder).run(careful()), recorder.happened) == ("gone", [str(DEBIT), ("show", "tap-again")])


def test_an_error_that_a_conversation_lets_pass_reaches_the_caller():
    with pytest.raises(CardRefused, match="the debit with 9302"):
        runner(Recorder(answer=Response(b"", StatusWord.MAC_INVALID))).run(pay())


def test_a_conversation_is_closed_when_something_else_goes_wrong():
    ended = []

    def conversation():
        try:
            yield Send(Target.CARD, DEBIT)
        finally:
            ended.append(True)

    with pytest.raises(KeyboardInterrupt):
        Runner(card=Interrupted()).run(conversation())
    assert ended == [True]


class Interrupted:
    def transmit(self, command):
        raise KeyboardInterrupt


@pytest.mark.parametrize(("target", "expected"), [(Target.CARD, MalformedCardData), (Target.SAM, MalformedSamData)])
def test_meaningless_bytes_are_the_fault_of_whoever_sent_them(target, expected):
    def conversation():
        yield Send(target, DEBIT)

    with pytest.raises(expected):
        runner(Recorder(answer=MalformedCardData("two bytes"))).run(conversation())


def test_hosts_are_called_by_name_and_questions_go_to_the_panel():
    def conversation():
        reply = yield Call("bank", "balance")
        try:
            yield Ask(READY)
        except PanelError as error:
            return reply, str(error)

    assert runner(Recorder()).run(conversation()) == ("re: balance", "no keys")


@pytest.mark.parametrize(
    ("effect", "name"),
    [
        (Send(Target.CARD, DEBIT), "card"),
        (Send(Target.SAM, DEBIT), "sam"),
        (Commit(INTENT), "journal"),
        (Show(READY), "panel"),
        (Ask(READY), "panel"),
        (Call("bank", 1), "host bank"),
    ],
)
def test_a_runner_without_the_part_that_is_needed_says_which(effect, name):
    def conversation():
        yield effect

    with pytest.raises(InternalError, match=f"has no {name}"):
        Runner().run(conversation())


def test_errors_that_are_not_ours_are_not_thrown_into_the_conversation():
    def conversation():
        try:
            yield Call("bank", 1)
        except NetworkError:
            return "handled"

    def broken(request):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Runner(hosts={"bank": broken}).run(conversation())
