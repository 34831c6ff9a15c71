"""A debit in doubt, resolved when its card comes back: first the card's own proof, then what its files tell.

| the card says                                          | so the debit               |
|--------------------------------------------------------|----------------------------|
| GET TRANSACTION PROVE answers MAC2 and TAC             | was made, and here it is   |
| counter and balance as before                          | was not made: void         |
| a log record with our sequence, terminal and time      | was made, without TAC      |
| counter one up, balance less the fare, our journey     | was made, without TAC      |
| anything else                                          | is left to the host        |
"""

from dataclasses import dataclass
from enum import Enum, auto

from firmware.card.exchange import Exchange, Signal, Target, View, send
from firmware.card.status import StatusWord
from firmware.money import Fen
from firmware.transit import commands
from firmware.transit.commands import Initialized, Proof
from firmware.transit.context import TapContext
from firmware.transit.debit import initialize, resolved, show_result, sound_alarm, verify
from firmware.transit.debits import Debit, Evidence
from firmware.transit.memory import UNPROVEN
from firmware.transit.reasons import Outcome, Reason
from firmware.transit.records import JOURNEY_SFI, LOG_RECORDS, LOG_SFI, Journey, LogRecord
from firmware.transit.states import DebitState, move


class Finding(Enum):
    """What the card told about a debit in doubt."""

    MADE = auto()
    NOT_MADE = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A finding, and the proof when the card gave one."""

    finding: Finding
    proof: Proof | None = None


def resolve(context: TapContext, debit: Debit) -> Exchange[Outcome | None]:
    """Resolve a doubt with the card in the field.

    Returns the outcome when the debit was made (the passenger passes, nothing is charged again), None when it was not
    or cannot be known (a new sale may begin). Raises CardLost: the doubt stays.
    """
    inquiry = yield from _inquire(context, debit)
    if inquiry.finding is Finding.MADE:
        return (yield from _recovered(context, debit, inquiry.proof))
    if inquiry.finding is Finding.NOT_MADE:
        state = move(DebitState.IN_DOUBT, DebitState.VOID)
        yield from resolved(context, debit, state, Evidence(detail="not-debited"), Outcome.VOID)
    else:
        state = move(DebitState.IN_DOUBT, DebitState.LEFT_TO_HOST)
        yield from resolved(context, debit, state, Evidence(detail="not-provable"), None)
    return None


def _inquire(context: TapContext, debit: Debit) -> Exchange[Inquiry]:
    command = commands.get_transaction_prove(debit.type, debit.offline_sequence + 1)
    response = yield from send(Target.CARD, command)
    proof = Proof.from_prove(response.data) if response.sw == StatusWord.OK else None
    if proof is not None:
        return Inquiry(Finding.MADE, proof)
    state = yield from initialize(context, Fen(0))
    balance = state.usable(with_overdraft=context.terms.allow_overdraft)
    if state.sequence == debit.offline_sequence and balance == debit.balance_before:
        return Inquiry(Finding.NOT_MADE)
    if (yield from _logged(debit)) or (yield from _journeyed(debit, state, balance)):
        return Inquiry(Finding.MADE)
    return Inquiry(Finding.UNKNOWN)


def _logged(debit: Debit) -> Exchange[bool]:
    for number in range(1, LOG_RECORDS + 1):
        response = yield from send(Target.CARD, commands.read_record(LOG_SFI, number, LogRecord.SIZE))
        if not response.ok or len(response.data) < LogRecord.SIZE:
            return False
        record = LogRecord.from_bytes(response.data)
        if record.sequence == (debit.offline_sequence + 1) & 0xFFFF:
            return record.terminal == debit.terminal_number and record.time == debit.time.replace(microsecond=0)
    return False


def _journeyed(debit: Debit, state: Initialized, balance: Fen) -> Exchange[bool]:
    if state.sequence != (debit.offline_sequence + 1) & 0xFFFF or balance != debit.balance_after:
        return False
    response = yield from send(Target.CARD, commands.read_record(JOURNEY_SFI, 1, Journey.SIZE))
    return response.ok and response.data == bytes.fromhex(debit.journey_image)


def _recovered(context: TapContext, debit: Debit, proof: Proof | None) -> Exchange[Outcome]:
    state = move(DebitState.IN_DOUBT, (yield from _judge(context, debit, proof)))
    second = state in UNPROVEN and debit.card_number.reveal() in context.memory.unproven
    detail = "unproven-before" if second else ""
    outcome = Outcome(state.value)
    yield from resolved(context, debit, state, Evidence.of(proof, detail), outcome)
    # From here on a power cut finds the debit closed: what is shown now, or at the next tap, charges nothing.
    yield from show_result(context, debit, _view(debit, state, second=second), state)
    if state is DebitState.MAC2_BAD or second:
        yield from sound_alarm(context, outcome.value, detail)
    return outcome


def _judge(context: TapContext, debit: Debit, proof: Proof | None) -> Exchange[DebitState]:
    """Only a PSAM that still holds the session of that debit can confirm it."""
    if proof is None or context.memory.session != debit.transaction:
        return DebitState.RECOVERED_UNPROVEN
    verdict = yield from verify(context, proof)
    if verdict.state is DebitState.MAC2_BAD:
        return DebitState.MAC2_BAD
    return DebitState.RECOVERED if verdict.state is DebitState.PAID else DebitState.RECOVERED_UNPROVEN


def _view(debit: Debit, verdict: DebitState, *, second: bool) -> View:
    values = {"amount_fen": debit.amount, "balance_fen": debit.balance_after}
    if verdict is DebitState.MAC2_BAD:
        return View(Signal.REFUSE, verdict.value, values)
    if second:
        return View(Signal.REFUSE, Reason.GREY_LISTED.value)
    return View(Signal.PASS, "recovered", values)
