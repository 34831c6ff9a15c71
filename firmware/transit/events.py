"""What the operator is told of a tap: event type rongtong.transit.tap.v1, and alarms."""

from dataclasses import dataclass
from typing import Protocol

from firmware.card.exchange import Event
from firmware.clock import local_text
from firmware.sam.commands import SamIdentity
from firmware.transit.debits import Debit, Evidence
from firmware.transit.files import PublicInfo
from firmware.transit.reasons import Outcome, Reason

TAP_TYPE = "rongtong.transit.tap.v1"
ALARM_TYPE = "rongtong.alarm.v1"
#: Algorithm identifiers of the 8050 answer. 00 is certain from every trace; 04 for SM4 is an assumption (ETC practice).
ALGORITHM_NAMES = {0x00: "3DES", 0x04: "SM4"}


@dataclass(frozen=True, slots=True)
class TapData:
    """The data of a tap event; see docs/events.md. Whole card numbers travel in money events only."""

    outcome: str
    terminal_number: str
    psam_number: str
    clock_trusted: bool
    duration_ms: int
    transaction: str
    reason: str | None = None
    card_number: str | None = None
    issuer_id: str | None = None
    city_code: str | None = None
    amount_fen: int | None = None
    balance_before_fen: int | None = None
    balance_after_fen: int | None = None
    offline_sequence: int | None = None
    psam_sequence: int | None = None
    type: str | None = None
    tac: str | None = None
    key_version: int | None = None
    key_index: int | None = None
    algorithm: str | None = None
    transaction_time: str | None = None

    def __repr__(self) -> str:
        return f"<TapData {self.outcome}>"


@dataclass(frozen=True, slots=True)
class AlarmData:
    """Somebody should look: `code` is stable, `detail` is for people."""

    code: str
    detail: str


class Source(Protocol):
    """Who tells: a tap that has no debit yet."""

    @property
    def transaction(self) -> str:
        """Its name."""
        ...

    @property
    def sam(self) -> SamIdentity:
        """The PSAM of the terminal."""
        ...

    @property
    def clock_trusted(self) -> bool:
        """Whether the time can be trusted."""
        ...


def alarm(code: str, detail: str) -> Event:
    """An alarm event."""
    return Event("alarm", ALARM_TYPE, AlarmData(code, detail))


def settled(debit: Debit, outcome: Outcome, evidence: Evidence, duration_ms: int) -> Event:
    """A tap that moved money, or may have."""
    moved = outcome is not Outcome.VOID
    data = TapData(
        outcome=outcome.value,
        terminal_number=debit.terminal_number,
        psam_number=debit.psam_number,
        clock_trusted=debit.clock_trusted,
        duration_ms=duration_ms,
        transaction=debit.transaction,
        reason=evidence.detail or None,
        card_number=debit.card_number.reveal(),
        issuer_id=debit.issuer_id,
        city_code=debit.city_code,
        amount_fen=debit.amount,
        balance_before_fen=debit.balance_before,
        balance_after_fen=debit.balance_after if moved else debit.balance_before,
        offline_sequence=debit.offline_sequence,
        psam_sequence=debit.psam_sequence,
        type=f"{debit.type:02X}",
        tac=evidence.tac,
        key_version=debit.key_version,
        key_index=debit.key_index,
        algorithm=ALGORITHM_NAMES.get(debit.algorithm_id, f"{debit.algorithm_id:02X}"),
        transaction_time=local_text(debit.time),
    )
    return Event("tap", TAP_TYPE, data)


def refused(source: Source, info: PublicInfo | None, reason: Reason, duration_ms: int) -> Event:
    """A tap that moved nothing."""
    data = TapData(
        outcome=Outcome.REFUSED.value,
        terminal_number=source.sam.terminal_number.hex().upper(),
        psam_number=source.sam.psam_number.hex().upper(),
        clock_trusted=source.clock_trusted,
        duration_ms=duration_ms,
        transaction=source.transaction,
        reason=reason.value,
        card_number=info.card_number.reveal() if info else None,
        issuer_id=info.issuer_id if info else None,
        city_code=info.city_code if info else None,
    )
    return Event("tap", TAP_TYPE, data)
