"""`rongtong journal`: what is stored, and whether its chain is whole. Reads the file while the terminal goes on."""

import argparse
import itertools

from firmware import config as configuration
from firmware.commands.output import Labels, label, print_json, print_rows
from firmware.journal.reader import JournalReader
from firmware.journal.verification import VerifyResult

LABELS: Labels = {
    "title": ("交易日志", "Journal"),
    "id": ("行", "Row"),
    "time": ("时间", "Time"),
    "transaction": ("交易", "Transaction"),
    "kind": ("类别", "Kind"),
    "state": ("状态", "State"),
    "sequence": ("事件", "Event"),
    "whole": ("日志完整", "The chain is whole"),
    "broken": ("日志已损坏", "The chain is broken"),
}
COLUMNS = ("id", "time", "transaction", "kind", "state", "sequence")


def show_rows(options: argparse.Namespace) -> int:
    """Print the last rows; bodies hold whole card numbers and stay in the file."""
    with _open(options) as journal:
        last = journal.last_row()
        first = max(0, (last.id if last else 0) - options.last)
        rows = [
            {
                "id": row.id,
                "time": row.time,
                "transaction": row.transaction,
                "kind": row.kind.value,
                "state": row.state,
                "sequence": row.sequence,
            }
            for row in itertools.islice(journal.rows(first), options.last)
        ]
    if options.json:
        print_json(rows)
    else:
        heads = [label(LABELS, options.lang, column) for column in COLUMNS]
        cells = [["" if row[column] is None else str(row[column]) for column in COLUMNS] for row in rows]
        print_rows(label(LABELS, options.lang, "title"), heads, cells)
    return 0


def verify(options: argparse.Namespace) -> int:
    """Walk the whole chain; 1 when a row was changed, removed or added by anybody but the terminal."""
    with _open(options) as journal:
        result = journal.verify() if options.json else _verify_with_progress(journal)
    if options.json:
        print_json({"ok": result.ok, "rows": result.rows, "problem": result.problem})
    else:
        text = label(LABELS, options.lang, "whole" if result.ok else "broken")
        print(f"{text}: {result.rows}" + (f" - {result.problem}" if result.problem else ""))
    return 0 if result.ok else 1


def _verify_with_progress(journal: JournalReader) -> VerifyResult:
    from rich.progress import Progress

    with Progress(transient=True) as progress:
        task = progress.add_task("verify", total=None)
        return journal.verify(lambda done, total: progress.update(task, completed=done, total=total))


def _open(options: argparse.Namespace) -> JournalReader:
    return JournalReader.open(configuration.load(options.config).terminal.state / "journal.db")
