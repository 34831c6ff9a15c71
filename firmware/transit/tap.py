"""A whole tap on a flat-fare bus, as one conversation.

    SELECT ─▶ in doubt? ─▶ unshown? ─▶ just tapped? ─▶ checks ─▶ fare ─▶ debit (firmware.transit.debit)
                 │
                 └─▶ resolved with the card (firmware.transit.recovery)

An ordinary tap is six card commands (SELECT, READ 17, READ 1A, INITIALIZE, UPDATE CACHE, DEBIT) and two PSAM commands.
"""

from dataclasses import dataclass

from firmware.card import tlv
from firmware.card.apdu import Response
from firmware.card.exchange import Commit, Entry, Exchange, RowKind, Show, Signal, Target, View, send, transact
from firmware.card.selection import select_first
from firmware.card.status import StatusWord
from firmware.errors import CardLost, CardRefused, MalformedCardData
from firmware.transit import events
from firmware.transit.checks import CardImage, Refused, Rules, check
from firmware.transit.commands import FCI_PUBLIC_INFO, PURSE_AID, read_binary, read_record
from firmware.transit.context import TapContext
from firmware.transit.debit import pay, show_result
from firmware.transit.files import MANAGEMENT_SFI, PUBLIC_INFO_SFI, ManagementInfo, PublicInfo
from firmware.transit.memory import Unshown
from firmware.transit.reasons import Outcome, Reason
from firmware.transit.records import BUS_RECORD, PROCESS_SFI, BusRecord
from firmware.transit.recovery import resolve

#: Answers to SELECT that mean that the application is there and locked (several meanings in the field, one result).
BLOCKED = (
    StatusWord.APPLICATION_BLOCKED,
    StatusWord.FCI_INVALID,
    StatusWord.FUNCTION_NOT_SUPPORTED,
    StatusWord.APPLICATION_LOCKED,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a refused tap leaves in the journal beside its event."""

    reason: str


def tap(context: TapContext) -> Exchange[Outcome]:
    """Serve one card. Raises CardLost, ReaderError, SamError or JournalError when the tap could not be finished.

    Whatever else the card does ends in a refusal that is shown, journalled and reported.
    """
    info: PublicInfo | None = None
    try:
        info = yield from select_purse()
        return (yield from _serve(context, info))
    except Refused as refused:
        return (yield from _refuse(context, info, refused))
    except CardLost:
        yield Show(_again(context, info))
        raise
    except (CardRefused, MalformedCardData) as error:
        context.note(error)
        return (yield from _refuse(context, info, Refused(Reason.UNREADABLE)))


def _again(context: TapContext, info: PublicInfo | None) -> View:
    in_doubt = info is not None and context.memory.doubt(info.card_number) is not None
    return View(Signal.AGAIN, "in-doubt" if in_doubt else "tap-again")


def select_purse() -> Exchange[PublicInfo]:
    """Select the transit purse and read file 15 from its FCI. Raises Refused when there is none or it is blocked."""
    selected = yield from select_first((PURSE_AID,))
    if selected is None:
        raise Refused(Reason.NOT_TRANSIT)
    if selected.response.sw in BLOCKED:
        raise Refused(Reason.BLOCKED)
    if selected.response.sw != StatusWord.OK:
        raise CardRefused(selected.response.sw, "SELECT")
    return (yield from _public_info(selected.response))


def _public_info(selected: Response) -> Exchange[PublicInfo]:
    copy = tlv.find(tlv.parse(selected.data), FCI_PUBLIC_INFO)
    if copy is None or len(copy) < PublicInfo.SIZE:
        copy = yield from transact(Target.CARD, read_binary(PUBLIC_INFO_SFI, PublicInfo.SIZE), "READ 15")
    return PublicInfo.from_bytes(copy)


def _serve(context: TapContext, info: PublicInfo) -> Exchange[Outcome]:
    doubt = context.memory.doubt(info.card_number)
    if doubt is not None:
        outcome = yield from resolve(context, doubt)
        if outcome is not None:
            return outcome
    unshown = context.memory.unshown_of(info.card_number, context.now, context.terms.unshown)
    if unshown is not None:
        return (yield from _show_at_last(context, unshown))
    recent = context.memory.recent_of(info.card_number, context.now, context.terms.anti_passback)
    if recent is not None:
        yield Show(recent.view)
        return Outcome.PAID if recent.view.signal is Signal.PASS else Outcome.REFUSED
    return (yield from _sell(context, info))


def _show_at_last(context: TapContext, unshown: Unshown) -> Exchange[Outcome]:
    """The card has paid and the green was never seen: show it, charge nothing.

    Without the PSAM's verdict this happens once per card, or a forged card could live on power cuts.
    """
    if not unshown.proven and unshown.debit.card_number.reveal() in context.memory.unproven:
        raise Refused(Reason.GREY_LISTED)
    view = View(Signal.PASS, "already-shown", {"balance_fen": unshown.debit.balance_after})
    yield from show_result(context, unshown.debit, view, unshown.state)
    return Outcome.PAID


def _sell(context: TapContext, info: PublicInfo) -> Exchange[Outcome]:
    if info.card_number.reveal() in context.memory.grey:
        raise Refused(Reason.GREY_LISTED)
    management = yield from transact(Target.CARD, read_binary(MANAGEMENT_SFI, ManagementInfo.SIZE), "READ 17")
    process = yield from _process_record()
    image = CardImage(info, ManagementInfo.from_bytes(management), process)
    check(image, Rules(context.terms, context.now.date(), context.denied))
    fare = context.terms.flat_fare(image.management.card_kind, info.city_code)
    return (yield from pay(context, info, fare))


def _process_record() -> Exchange[BusRecord | None]:
    """The bus record of file 1A; None where the card has none, which means that it is not locked."""
    response = yield from send(Target.CARD, read_record(PROCESS_SFI, BUS_RECORD))
    if response.sw in (StatusWord.RECORD_NOT_FOUND, StatusWord.FILE_NOT_FOUND):
        return None
    if response.sw != StatusWord.OK:
        raise CardRefused(response.sw, "READ 1A")
    return BusRecord.from_bytes(response.data)


def _refuse(context: TapContext, info: PublicInfo | None, refused: Refused) -> Exchange[Outcome]:
    view = View(Signal.REFUSE, refused.reason.value, refused.values)
    yield Show(view)
    if info is not None:
        context.memory.showed(info.card_number, view, context.now, context.terms.anti_passback)
    event = events.refused(context, info, refused.reason, context.elapsed_ms())
    yield Commit(Entry(context.transaction, RowKind.NOTE, "refused", Refusal(refused.reason.value), event))
    return Outcome.REFUSED
