"""Entries to write, and a second implementation of the chain to check them against."""

import hashlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from firmware.card.exchange import Entry, Event, RowKind
from firmware.clock import ManualClock
from firmware.journal.writer import Journal
from firmware.masks import CardNumber

CARD = CardNumber("31049900000000001234")


@dataclass(frozen=True, slots=True)
class Body:
    card_number: CardNumber
    amount_fen: int


def entry(kind=RowKind.NOTE, transaction="t1", state="paid", *, event=None, amount=200):
    return Entry(transaction, kind, state, Body(CARD, amount), event)


def tap(number=1, transaction=None):
    data = {"outcome": "paid", "number": number}
    return entry(RowKind.OUTCOME, transaction or f"t{number}", event=Event("tap", "rongtong.transit.tap.v1", data))


def open_journal(path: Path, clock=None) -> Journal:
    return Journal.open(path, terminal_id="TEST-1", clock=clock or ManualClock())


def raw(path: Path) -> sqlite3.Connection:
    """The file as somebody with a screwdriver sees it."""
    return sqlite3.connect(path, isolation_level=None)


def expected_hash(previous: bytes, columns: tuple) -> bytes:
    """The chain's hash, written from its description with OpenSSL's SM3."""
    message = previous
    for column in columns:
        kind, data = {
            type(None): lambda _: (b"n", b""),
            int: lambda number: (b"i", str(number).encode()),
            str: lambda text: (b"t", text.encode()),
            bytes: lambda content: (b"b", content),
        }[type(column)](column)
        message += kind + len(data).to_bytes(4, "big") + data
    return hashlib.new("sm3", message).digest()
