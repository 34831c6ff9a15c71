"""A world for one conversation: a virtual card and PSAM, a journal in memory, a panel, a manual clock."""

from datetime import timedelta

import msgspec

from firmware.card.channel import FollowingChannel, RawChannel
from firmware.card.exchange import Begin, Commit, Durable, Send, Show, Target
from firmware.clock import ManualClock
from firmware.errors import CardLost, SamLost
from firmware.money import Fen
from firmware.runner import Runner
from firmware.sam.commands import SamIdentity, identify
from firmware.transit.memory import PastRow
from firmware.transit.terms import CardKind, Terms
from firmware.transit.validator import Validator
from simulator.cards.profiles import DENIED_CARD_NUMBER, open_card
from simulator.sam import open_sam

IDENTITY = SamIdentity(bytes.fromhex("00000000391000000123"), bytes.fromhex("391000000123"), 1)
TERMS = Terms(
    city="3910",
    operator=1,
    line=15,
    acquirer="12003910FFFFFFFF",
    fare=Fen(200),
    concessions={CardKind.STUDENT: 50, CardKind.SENIOR: 0},
)


class World:
    """`late`: rows that were begun reach the disk only when the conversation waits for them."""

    def __init__(self, card=None, sam=None, *, late=False, terms=TERMS):
        self.card = card or open_card("adult")
        self.sam = sam or open_sam("transit")
        self.late = late
        self.terms = terms
        self.clock = ManualClock()
        self.entries, self.pending, self.times = [], [], []
        self.views, self.sent = [], []
        self.validator = None
        self.restart()

    def restart(self):
        """A power cut: what was not on the disk is gone, so is the PSAM's session; then the start-up conversation."""
        self.pending = []
        self.card.reset()
        self.sam.reset()
        channel = FollowingChannel(RawChannel(lambda apdu: self.sam.answer(apdu).data))
        assert Runner(sam=channel).run(identify()) == IDENTITY
        rows = [
            PastRow(entry.transaction, entry.kind, entry.state, time, msgspec.json.encode(entry.body))
            for entry, time in zip(self.entries, self.times, strict=True)
        ]
        self.validator = Validator.started(self.terms, self.clock, lambda card: card == DENIED_CARD_NUMBER, rows)
        self.drive(self.validator.close_left_open())

    def conversation(self):
        return self.validator.tap(IDENTITY)

    def drive(self, conversation):
        """Perform every effect; the result."""
        result = None
        error = None
        while True:
            try:
                effect = conversation.throw(error) if error else conversation.send(result)
            except StopIteration as end:
                return end.value
            result, error = None, None
            try:
                result = self.perform(effect)
            except (CardLost, SamLost) as failure:
                error = failure

    def tap(self):
        self.clock.advance(1)
        self.card.reset()
        return self.drive(self.conversation())

    def perform(self, effect):
        match effect:
            case Send():
                self.sent.append((effect.target, effect.command.ins))
                return self._send(effect)
            case Begin(entry):
                self.pending.append(entry)
                if not self.late:
                    self._write()
            case Commit(entry):
                self.pending.append(entry)
                self._write()
            case Durable():
                self._write()
            case Show(view):
                self.views.append(view)
        return None

    def _send(self, effect):
        device, lost = (self.card, CardLost) if effect.target is Target.CARD else (self.sam, SamLost)

        def exchange(apdu):
            answer = device.answer(apdu).data
            if not answer:  # real readers turn an answer without a status word into a loss
                raise lost("nobody answers")
            return answer

        return FollowingChannel(RawChannel(exchange)).transmit(effect.command)

    def _write(self):
        self.entries += self.pending
        self.times += [self.clock.now()] * len(self.pending)
        self.pending = []

    def events(self, kind="tap"):
        """The data of all events of a kind, in order."""
        return [entry.event.data for entry in self.entries if entry.event and entry.event.kind == kind]

    def pass_time(self, seconds):
        self.clock.advance(timedelta(seconds=seconds).total_seconds())
