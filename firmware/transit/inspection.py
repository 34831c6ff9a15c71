"""What the transit application holds, read without changing a balance, a file, a record or a counter."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from firmware.card import tlv
from firmware.card.apdu import Command
from firmware.card.exchange import Exchange, Target, send
from firmware.card.layout import Layout
from firmware.card.selection import select_first
from firmware.card.status import StatusWord
from firmware.errors import MalformedCardData
from firmware.money import Fen
from firmware.transit.commands import FCI_PUBLIC_INFO, PURSE_AID, get_balance, read_binary, read_record
from firmware.transit.files import MANAGEMENT_SFI, PUBLIC_INFO_SFI, ManagementInfo, PublicInfo
from firmware.transit.records import (
    BUS_RECORD,
    JOURNEY_RECORDS,
    JOURNEY_SFI,
    LOG_RECORDS,
    LOG_SFI,
    METRO_RECORD,
    PROCESS_SFI,
    BusRecord,
    Journey,
    LogRecord,
    MetroRecord,
)

L = TypeVar("L", bound=Layout)
#: The end of a file of records, or no such file.
NO_MORE = (StatusWord.RECORD_NOT_FOUND, StatusWord.FILE_NOT_FOUND)


@dataclass(slots=True)
class TransitCard:
    """A transit application as it was found. `problems` names in a sentence each what could not be read."""

    aid: bytes
    blocked: bool
    info: PublicInfo | None = None
    management: ManagementInfo | None = None
    balance: Fen | None = None
    records: list[LogRecord] = field(default_factory=list)
    journeys: list[Journey] = field(default_factory=list)
    metro: MetroRecord | None = None
    bus: BusRecord | None = None
    problems: list[str] = field(default_factory=list)


def inspect() -> Exchange[TransitCard | None]:
    """Read everything; None when the card has no transit application. Raises CardLost and ReaderError only."""
    selected = yield from select_first((PURSE_AID,))
    if selected is None:
        return None
    response = selected.response
    card = TransitCard(selected.aid, blocked=response.sw != StatusWord.OK)
    if card.blocked:
        card.problems.append(f"SELECT answered {response.sw!s}")
    card.info = _from_fci(card, response.data) or (
        yield from _read(card, "file 15", read_binary(PUBLIC_INFO_SFI, PublicInfo.SIZE), PublicInfo)
    )
    card.management = yield from _read(
        card, "file 17", read_binary(MANAGEMENT_SFI, ManagementInfo.SIZE), ManagementInfo
    )
    card.balance = yield from _balance(card)
    card.records = yield from _records(card, LOG_SFI, LOG_RECORDS, LogRecord, lambda record: record.empty)
    card.journeys = yield from _records(card, JOURNEY_SFI, JOURNEY_RECORDS, Journey, lambda record: record.empty)
    card.metro = yield from _read(card, "record 1 of file 1A", read_record(PROCESS_SFI, METRO_RECORD), MetroRecord)
    card.bus = yield from _read(card, "record 2 of file 1A", read_record(PROCESS_SFI, BUS_RECORD), BusRecord)
    return card


def _from_fci(card: TransitCard, fci: bytes) -> PublicInfo | None:
    try:
        copy = tlv.find(tlv.parse(fci), FCI_PUBLIC_INFO)
        return PublicInfo.from_bytes(copy) if copy is not None else None
    except MalformedCardData as error:
        card.problems.append(f"FCI: {error}")
        return None


def _read(card: TransitCard, name: str, command: Command, layout: type[L]) -> Exchange[L | None]:
    response = yield from send(Target.CARD, command)
    if response.sw in NO_MORE:
        return None
    if response.sw != StatusWord.OK:
        card.problems.append(f"{name}: the card answers {response.sw!s}")
        return None
    try:
        return layout.from_bytes(response.data)
    except MalformedCardData as error:
        card.problems.append(f"{name}: {error}")
        return None


def _balance(card: TransitCard) -> Exchange[Fen | None]:
    response = yield from send(Target.CARD, get_balance())
    if response.sw == StatusWord.OK and len(response.data) == 4:
        return Fen(int.from_bytes(response.data, "big"))
    card.problems.append(f"balance: the card answers {len(response.data)} bytes and {response.sw!s}")
    return None


def _records(card: TransitCard, sfi: int, most: int, layout: type[L], empty: Callable[[L], bool]) -> Exchange[list[L]]:
    found: list[L] = []
    for number in range(1, most + 1):
        name = f"record {number} of file {sfi:02X}"
        record = yield from _read(card, name, read_record(sfi, number, layout.SIZE), layout)
        if record is None or empty(record):
            break
        found.append(record)
    return found
