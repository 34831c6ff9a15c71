"""`journal/commit`: one chained row, begun and waited for, against a bare SQLite commit of the same size."""

import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from firmware.card.exchange import Entry, RowKind
from firmware.clock import SystemClock
from firmware.journal.writer import Journal

ROUNDS = 500
#: Bytes of an intent's body as the validator writes it.
BODY = "0" * 600


def measure() -> dict[str, dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        ours, bare = _interleaved(Path(folder))
    return {"journal/commit": {"value": ours, "unit": "ms", "floor": bare, "ratio": ours / bare}}


def _interleaved(folder: Path) -> tuple[float, float]:
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, body BLOB)")
    ours, bare = [], []
    with Journal.open(folder / "journal.db", terminal_id="BENCH", clock=SystemClock()) as journal:
        for number in range(ROUNDS):
            entry = Entry(f"{number:016x}", RowKind.NOTE, "bench", BODY)
            ours.append(_timed(lambda entry=entry: journal.begin(entry).wait()))
            bare.append(_timed(lambda: connection.execute("INSERT INTO row (body) VALUES (?)", (BODY + "0" * 200,))))
    connection.close()
    return statistics.median(ours), statistics.median(bare)


def _timed(work) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
