"""`rongtong card show`: what a card holds, masked unless revealed; nothing on the card changes."""

import argparse
import threading
from contextlib import ExitStack, closing
from typing import Any

from firmware.card.channel import FollowingChannel, RawChannel
from firmware.clock import SystemClock
from firmware.commands.output import Labels, print_json, print_table
from firmware.commands.transit_view import transit_document
from firmware.errors import CardLost
from firmware.nfc.port import Reader, ReaderCard
from firmware.nfc.urls import open_reader
from firmware.runner import Runner
from firmware.transit.inspection import inspect

LABELS: Labels = {
    "title": ("卡片", "Card"),
    "reader": ("读卡器", "Reader"),
    "technology": ("接口", "Technology"),
    "uid": ("UID", "UID"),
    "historical": ("历史字节", "Historical bytes"),
    "transit": ("交通应用", "Transit application"),
    "card_number": ("卡号", "Card number"),
    "city_code": ("城市代码", "City code"),
    "valid_from": ("启用日期", "Valid from"),
    "valid_to": ("有效期至", "Valid to"),
    "card_kind": ("卡种", "Card kind"),
    "balance_fen": ("余额（分）", "Balance (fen)"),
    "records": ("交易明细", "Records"),
    "journeys": ("行程", "Journeys"),
    "problems": ("问题", "Problems"),
    "none": ("没有可识别的应用", "No application that is known here"),
}


def show(options: argparse.Namespace) -> int:
    """Read the card and print it. Raises CardLost when no card comes within the time, ReaderError."""
    with ExitStack() as parts:
        reader = parts.enter_context(closing(open_reader(options.reader)))
        card = _await_card(reader, options.wait)
        parts.callback(card.release)
        document = _document(reader, card, reveal=options.reveal)
    if options.json:
        print_json(document)
    else:
        _print(document, options.lang)
    return 0


def _await_card(reader: Reader, seconds: float) -> ReaderCard:
    clock, never = SystemClock(), threading.Event()
    deadline = clock.monotonic() + seconds
    while True:
        card = reader.poll(max(0.0, min(0.25, deadline - clock.monotonic())))
        if card is not None:
            return card
        if clock.monotonic() >= deadline:
            raise CardLost(f"no card came to {reader.name} within {seconds:g} s")
        clock.wait(never, 0.02)


def _document(reader: Reader, card: ReaderCard, *, reveal: bool) -> dict[str, Any]:
    found = Runner(card=FollowingChannel(RawChannel(card.transmit))).run(inspect())
    applications = {} if found is None else {"transit": transit_document(found, reveal=reveal)}
    return {
        "reader": reader.name,
        "technology": card.identity.technology.value,
        "uid": card.identity.uid.hex().upper(),
        "historical": card.identity.historical.hex().upper(),
        "applications": applications,
    }


def _print(document: dict[str, Any], language: str) -> None:
    print_table(LABELS, language, "title", {key: value for key, value in document.items() if key != "applications"})
    transit = document["applications"].get("transit")
    if transit is None:
        print_table(LABELS, language, "none", {})
        return
    keys = ("card_number", "city_code", "valid_from", "valid_to", "card_kind", "balance_fen")
    rows = {key: transit[key] for key in keys}
    rows["records"], rows["journeys"] = len(transit["records"]), len(transit["journeys"])
    rows["problems"] = "; ".join(transit.get("problems", ())) or "-"
    print_table(LABELS, language, "transit", rows)
