"""The transit application as the JSON of `rongtong card show`; docs/card-show.md describes every field."""

from datetime import date, datetime
from typing import Any

from firmware.clock import local_text
from firmware.transit.files import ManagementInfo, PublicInfo
from firmware.transit.inspection import TransitCard
from firmware.transit.records import BusRecord, Journey, LogRecord, MetroRecord, ProcessHead

Document = dict[str, Any]


def transit_document(card: TransitCard, *, reveal: bool) -> Document:
    """Everything that was read; unless revealed, the card's number is masked and nobody can tell where it has been."""
    document: Document = {
        "aid": card.aid.hex().upper(),
        **_info(card.info, reveal=reveal),
        **_management(card.management),
        "balance_fen": card.balance,
        "records": [_record(record, reveal=reveal) for record in card.records],
        "journeys": [_journey(journey, reveal=reveal) for journey in card.journeys],
        "metro": _metro(card.metro, reveal=reveal),
        "bus": _bus(card.bus, reveal=reveal),
    }
    if card.blocked:
        document["blocked"] = True
    if card.problems:
        document["problems"] = card.problems
    return document


def _info(info: PublicInfo | None, *, reveal: bool) -> Document:
    if info is None:
        keys = ("issuer_id", "city_code", "card_number", "serial", "valid_from", "valid_to", "enabled")
        return dict.fromkeys(keys)
    return {
        "issuer_id": info.issuer_id,
        "city_code": info.city_code,
        "card_number": info.card_number.reveal() if reveal else info.card_number.mask(),
        "serial": info.serial_digits if reveal else "*" * 16 + info.serial_digits[-4:],
        "valid_from": _day(info.valid_from),
        "valid_to": _day(info.expires),
        "enabled": info.enabled == 1,
    }


def _management(management: ManagementInfo | None) -> Document:
    if management is None:
        return dict.fromkeys(("card_kind", "province_code", "interoperable"))
    return {
        "card_kind": f"{management.card_kind:02X}",
        "province_code": management.province_code,
        "interoperable": management.interoperable,
    }


def _record(record: LogRecord, *, reveal: bool) -> Document:
    document = {
        "sequence": record.sequence,
        "overdraft_fen": record.overdraft,
        "amount_fen": record.amount,
        "type": f"{record.type:02X}",
        "terminal": record.terminal,
        "time": _moment(record.time),
    }
    return _hidden(document, reveal=reveal)


def _journey(journey: Journey, *, reveal: bool) -> Document:
    document = {
        "type": f"{journey.type:02X}",
        "terminal": journey.terminal,
        "industry": f"{journey.industry:02X}",
        "line": journey.line,
        "station": journey.station,
        "operator": f"{journey.operator:04X}",
        "amount_fen": journey.amount,
        "balance_fen": journey.balance_after,
        "time": _moment(journey.time),
        "city_code": journey.city,
        "institution": journey.acquirer,
    }
    return _hidden(document, reveal=reveal)


#: Where and when somebody has been.
WHEREABOUTS = ("terminal", "line", "station", "operator", "time", "city_code", "institution")


def _hidden(document: Document, *, reveal: bool) -> Document:
    if reveal:
        return document
    return {key: None if key in WHEREABOUTS else value for key, value in document.items()}


def _head(record: ProcessHead) -> Document:
    return {"locked": record.lock != 0, "mode": record.mode, "transaction": record.transaction}


def _bus(record: BusRecord | None, *, reveal: bool) -> Document | None:
    if record is None:
        return None
    return {
        **_head(record),
        "state": record.state,
        "amount_fen": record.amount,
        "marked_amount_fen": record.marked_amount,
        **_bus_legs(record, reveal=reveal),
    }


def _bus_legs(record: BusRecord, *, reveal: bool) -> Document:
    legs = {
        "board": {
            "city_code": record.board_city,
            "institution": record.board_institution,
            "operator": f"{record.board_operator:04X}",
            "line": record.board_line,
            "station": record.board_stop,
            "terminal": record.board_terminal,
            "time": _moment(record.board_time),
        },
        "alight": {
            "city_code": record.alight_city,
            "institution": record.alight_institution,
            "operator": f"{record.alight_operator:04X}",
            "line": record.alight_line,
            "station": record.alight_stop,
            "terminal": record.alight_terminal,
            "time": _moment(record.alight_time),
        },
    }
    return {name: _hidden(leg, reveal=reveal) for name, leg in legs.items()}


def _metro(record: MetroRecord | None, *, reveal: bool) -> Document | None:
    if record is None:
        return None
    legs = {
        "entry": {
            "city_code": record.entry_city,
            "institution": record.entry_institution,
            "line": record.entry_line,
            "station": record.entry_station.hex().upper(),
            "terminal": record.entry_terminal,
            "time": _moment(record.entry_time),
        },
        "exit": {
            "city_code": record.exit_city,
            "institution": record.exit_institution,
            "line": record.exit_line,
            "station": record.exit_station.hex().upper(),
            "terminal": record.exit_terminal,
            "time": _moment(record.exit_time),
        },
    }
    return {
        **_head(record),
        "state": record.state,
        "amount_fen": record.amount,
        "marked_amount_fen": record.marked_amount,
        **{name: _hidden(leg, reveal=reveal) for name, leg in legs.items()},
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _moment(moment: datetime | None) -> str | None:
    return local_text(moment) if moment else None
