"""The debit: a compound purchase, with what is true if power fails after each statement.

INITIALIZE (card) ─▶ MAC1 (PSAM) ─▶ intent ∥ UPDATE CACHE (card) ─▶ intent durable ─▶ DEBIT (card)
                                                                                        │
green ◀─ outcome durable ◀─ outcome ∥ MAC2 (PSAM) ◀──────────── 9000, TAC, MAC2 ────────┘
"""

from dataclasses import dataclass, replace

from firmware.card.apdu import Response
from firmware.card.bcd import stamp_bytes
from firmware.card.exchange import (
    Begin,
    Commit,
    Durable,
    Entry,
    Event,
    Exchange,
    RowKind,
    Show,
    Signal,
    Target,
    View,
    refusal,
    send,
    transact,
)
from firmware.card.status import StatusWord
from firmware.errors import CardError, CardLost, CardRefused, ReaderError, SamError, SamRefused
from firmware.money import Fen
from firmware.sam.commands import Mac1, Mac1Request, credit_for_purchase, init_for_purchase
from firmware.transit import commands, events
from firmware.transit.checks import LARGEST_BALANCE, Refused
from firmware.transit.commands import Initialized, Proof, TransactionType
from firmware.transit.context import TapContext
from firmware.transit.debits import Debit, Evidence, Shown
from firmware.transit.events import AlarmData, alarm
from firmware.transit.files import PublicInfo
from firmware.transit.memory import PASSED, UNPROVEN, Unshown
from firmware.transit.reasons import Outcome, Reason
from firmware.transit.records import JOURNEY_SFI, Industry, Journey, JourneyType
from firmware.transit.states import DebitState, move

#: Status words of DEBIT that say for certain that nothing was debited. Any other answer leaves a doubt.
NOT_DEBITED = (
    StatusWord.WRONG_LENGTH,
    StatusWord.COMMAND_NOT_ACCEPTED,
    StatusWord.CONDITIONS_NOT_SATISFIED,
    StatusWord.MAC_INVALID,
    StatusWord.APPLICATION_LOCKED,
    StatusWord.PROOF_NOT_AVAILABLE,
)


@dataclass(frozen=True, slots=True)
class Sale:
    """What is sold to whom; `balance` is what the card may spend, in fen."""

    info: PublicInfo
    fare: Fen
    initialized: Initialized
    balance: Fen


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the PSAM said of MAC2: the debit's next state, and why when it is not plainly good."""

    state: DebitState
    detail: str = ""


def pay(context: TapContext, info: PublicInfo, fare: Fen) -> Exchange[Outcome]:
    """Debit the fare and show the result.

    Raises Refused (nothing debited), CardLost (nothing debited, or in doubt and kept), SamError (nothing debited),
    JournalError.
    """
    initialized = yield from initialize(context, fare)
    sale = Sale(info, fare, initialized, _sufficient(context, initialized, fare))
    mac1 = yield from init_for_purchase(_mac1_request(context, sale))
    context.memory.session = context.transaction
    debit = _intended(context, sale, mac1)
    yield Begin(Entry(debit.transaction, RowKind.INTENT, DebitState.INTENDED.value, debit))
    yield from _update_cache(context, debit)
    yield Durable()
    # From here on a power cut finds the intent: the next start takes the debit as in doubt.
    return (yield from _commit(context, debit))


def initialize(context: TapContext, amount: Fen) -> Exchange[Initialized]:
    """INITIALIZE FOR CAPP PURCHASE; changes nothing on the card. Raises Refused when the purse holds too little."""
    command = commands.init_for_compound_purchase(context.sam.key_index, amount, context.sam.terminal_number)
    response = yield from send(Target.CARD, command)
    if response.sw == StatusWord.INSUFFICIENT_FUNDS:
        balance = yield from transact(Target.CARD, commands.get_balance(), "GET BALANCE", length=4)
        raise Refused(Reason.INSUFFICIENT, fare_fen=amount, balance_fen=int.from_bytes(balance[:4], "big"))
    if response.sw != StatusWord.OK:
        raise refusal(Target.CARD, response.sw, "INITIALIZE FOR CAPP PURCHASE")
    return Initialized.from_bytes(response.data)


def _sufficient(context: TapContext, initialized: Initialized, fare: Fen) -> Fen:
    balance = initialized.usable(with_overdraft=context.terms.allow_overdraft)
    if balance > LARGEST_BALANCE:
        raise Refused(Reason.DAMAGED)
    if fare > balance:
        raise Refused(Reason.INSUFFICIENT, fare_fen=fare, balance_fen=balance)
    return balance


def _mac1_request(context: TapContext, sale: Sale) -> Mac1Request:
    return Mac1Request(
        random=sale.initialized.random,
        offline_sequence=sale.initialized.sequence,
        amount=sale.fare,
        type=TransactionType.COMPOUND_PURCHASE,
        date_time=stamp_bytes(context.now),
        key_version=sale.initialized.key_version,
        algorithm_id=sale.initialized.algorithm_id,
        asn=sale.info.asn,
        issuer_id=bytes.fromhex(sale.info.issuer_id),
    )


def _intended(context: TapContext, sale: Sale, mac1: Mac1) -> Debit:
    return Debit(
        transaction=context.transaction,
        card_number=sale.info.card_number,
        serial=sale.info.serial_digits,
        issuer_id=sale.info.issuer_id,
        city_code=sale.info.city_code,
        amount=sale.fare,
        balance_before=sale.balance,
        offline_sequence=sale.initialized.sequence,
        type=TransactionType.COMPOUND_PURCHASE,
        terminal_number=context.sam.terminal_number.hex().upper(),
        psam_number=context.sam.psam_number.hex().upper(),
        psam_sequence=mac1.sequence,
        time=context.now,
        mac1=mac1.mac.hex().upper(),
        key_version=sale.initialized.key_version,
        key_index=context.sam.key_index,
        algorithm_id=sale.initialized.algorithm_id,
        journey_image=_journey(context, sale).to_bytes().hex().upper(),
        clock_trusted=context.clock_trusted,
    )


def _journey(context: TapContext, sale: Sale) -> Journey:
    terms = context.terms
    return Journey(
        type=JourneyType.SINGLE,
        terminal="0000" + context.sam.terminal_number.hex().upper(),
        industry=Industry.BUS,
        line=terms.line,
        station=terms.station,
        operator=terms.operator,
        amount=sale.fare,
        balance_after=sale.balance - sale.fare,
        time=context.now.replace(microsecond=0),
        city=terms.city,
        acquirer=terms.acquirer,
    )


def _update_cache(context: TapContext, debit: Debit) -> Exchange[None]:
    """Have the card keep the journey until DEBIT; if that fails the debit will never be sent, so the intent is void."""
    command = commands.update_cache(JOURNEY_SFI, 0, bytes.fromhex(debit.journey_image))
    try:
        yield from transact(Target.CARD, command, "UPDATE CAPP DATA CACHE")
    except (CardError, ReaderError) as error:
        yield Durable()
        yield from _void(context, debit, error.code)
        raise


def _commit(context: TapContext, debit: Debit) -> Exchange[Outcome]:
    command = commands.debit(debit.psam_sequence, stamp_bytes(debit.time), bytes.fromhex(debit.mac1))
    try:
        response = yield from send(Target.CARD, command, moves_money=True)
    except (CardError, ReaderError) as error:
        yield from _doubt(context, debit, error.code)
        raise
    if response.sw in NOT_DEBITED:
        yield from _void(context, debit, f"sw-{response.sw:04X}")
        raise CardRefused(response.sw, "DEBIT FOR CAPP PURCHASE")
    proof = _proof(response)
    if proof is None:
        yield from _doubt(context, debit, f"sw-{response.sw:04X}")
        raise CardLost("the card's answer to the debit proves nothing")
    return (yield from _complete(context, debit, proof))


def _proof(response: Response) -> Proof | None:
    return Proof.from_debit(response.data) if response.ok else None


def _complete(context: TapContext, debit: Debit, proof: Proof) -> Exchange[Outcome]:
    """The card has paid. The outcome goes to the disk while the PSAM judges MAC2; green waits for both."""
    evidence = Evidence.of(proof)
    state = move(DebitState.INTENDED, DebitState.DEBITED)
    context.memory.doubts[debit.card_number.reveal()] = debit  # until the outcome is durable: the disk may refuse
    yield Begin(Entry(debit.transaction, RowKind.OUTCOME, state.value, evidence))
    if context.terms.green_before_mac2:
        yield Durable()
        yield Show(_view(debit, DebitState.PAID))
    verdict = yield from verify(context, proof)
    yield Durable()
    # From here on a power cut finds the outcome: the next start reports it, and shows it at the card's next tap.
    del context.memory.doubts[debit.card_number.reveal()]
    return (yield from _close(context, debit, evidence, verdict))


def verify(context: TapContext, proof: Proof) -> Exchange[Verdict]:
    """Ask the PSAM about MAC2, which it judges once. Only its yes proves the card; silence is no proof against it."""
    context.memory.session = None
    try:
        accepted = yield from credit_for_purchase(proof.mac2)
    except SamRefused as error:
        return Verdict(DebitState.MAC2_BAD, f"sw-{error.status:04X}")
    except SamError as error:
        return Verdict(DebitState.MAC2_UNVERIFIED, error.code)
    return Verdict(DebitState.PAID if accepted else DebitState.MAC2_BAD)


def _close(context: TapContext, debit: Debit, evidence: Evidence, verdict: Verdict) -> Exchange[Outcome]:
    state = move(DebitState.DEBITED, verdict.state)
    outcome = Outcome(state.value)
    told = replace(evidence, detail=verdict.detail)
    event = events.settled(debit, outcome, told, context.elapsed_ms())
    write = record_shown if context.terms.green_before_mac2 else show_result
    yield from write(context, debit, _view(debit, state), state, event)
    if state is not DebitState.PAID:
        yield from sound_alarm(context, outcome.value, verdict.detail)
    return outcome


def show_result(
    context: TapContext, debit: Debit, view: View, state: DebitState, event: Event | None = None
) -> Exchange[None]:
    """Show how a debit ended, and record that; a panel that fails leaves a paid card with a green to be shown."""
    if state in PASSED:
        context.memory.unshown[debit.card_number.reveal()] = Unshown(debit, context.now, state)
    yield Show(view)
    yield from record_shown(context, debit, view, state, event)


def record_shown(
    context: TapContext, debit: Debit, view: View, state: DebitState, event: Event | None = None
) -> Exchange[None]:
    """Remember and write down what the passenger was shown; the row may be the tap's event as well."""
    card = debit.card_number
    context.memory.showed(card, view, context.now, context.terms.anti_passback)
    if state is DebitState.MAC2_BAD:
        context.memory.grey.add(card.reveal())
    if state in UNPROVEN:
        context.memory.unproven.add(card.reveal())
    yield Commit(Entry(debit.transaction, RowKind.SHOWN, state.value, Shown(view.message), event))


def _view(debit: Debit, state: DebitState) -> View:
    message = "paid" if state is DebitState.PAID else state.value
    signal = Signal.PASS if state in PASSED else Signal.REFUSE
    return View(signal, message, {"amount_fen": debit.amount, "balance_fen": debit.balance_after})


def _doubt(context: TapContext, debit: Debit, detail: str) -> Exchange[None]:
    """The answer to DEBIT is missing or means nothing: keep the debit until the card can be asked."""
    context.memory.doubts[debit.card_number.reveal()] = debit
    state = move(DebitState.INTENDED, DebitState.IN_DOUBT)
    evidence = Evidence(detail=detail)
    event = events.settled(debit, Outcome.IN_DOUBT, evidence, context.elapsed_ms())
    yield Commit(Entry(debit.transaction, RowKind.OUTCOME, state.value, evidence, event))


def _void(context: TapContext, debit: Debit, detail: str) -> Exchange[None]:
    state = move(DebitState.INTENDED, DebitState.VOID)
    yield from resolved(context, debit, state, Evidence(detail=detail), Outcome.VOID)


def resolved(
    context: TapContext, debit: Debit, state: DebitState, evidence: Evidence, outcome: Outcome | None
) -> Exchange[None]:
    """Write how a debit was resolved; with an outcome the row is also an event."""
    event = None
    if outcome is not None:
        event = events.settled(debit, outcome, evidence, context.elapsed_ms())
    yield Commit(Entry(debit.transaction, RowKind.RESOLUTION, state.value, evidence, event))
    context.memory.doubts.pop(debit.card_number.reveal(), None)


def sound_alarm(context: TapContext, code: str, detail: str) -> Exchange[None]:
    """Tell the operator that somebody should look."""
    event = alarm(code, detail)
    yield Commit(Entry(context.transaction, RowKind.NOTE, "alarm", AlarmData(code, detail), event))
