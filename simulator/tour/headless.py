"""The fixed tour: taps as data, each compared with its event, its card, its TAC and, at the end, with the journal."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from firmware.masks import CardNumber
from simulator.cards.profiles import open_card
from simulator.cards.purse import PurseCard
from simulator.crypto import Algorithm, PurchaseData
from simulator.faults import Fault, FaultyCard, LeaveAfter
from simulator.keys import expected_tac
from simulator.tour.stand import Stand

#: An event must be there this long after its tap, in seconds.
PATIENCE = 15.0
DEBIT = 0x54


@dataclass(frozen=True, slots=True)
class Step:
    """One tap: the card, and what must come of it. `left` is the card's balance afterwards, in fen."""

    title: str
    profile: str
    outcome: str
    reason: str | None
    amount: int | None
    left: int
    algorithm: str = "3DES"
    technology: str = "A"


STEPS = (
    Step("adult, 3DES, type A", "adult", "paid", None, 200, 4800),
    Step("adult, SM4, type B", "adult", "paid", None, 200, 4800, "SM4", "B"),
    Step("student, half fare", "student", "paid", None, 100, 2900),
    Step("senior, free", "senior", "paid", None, 0, 2000),
    Step("empty purse", "empty", "refused", "insufficient", None, 0),
    Step("expired card", "expired", "refused", "expired", None, 5000),
    Step("card on the deny list", "denied", "refused", "denied", None, 5000),
    Step("card of another city", "foreign", "paid", None, 200, 4800),
    Step("purse of before T-Union", "old-purse", "refused", "not-a-transit-card", None, 5000),
)


def run_steps(stand: Stand) -> int:
    """Every step, then the torn tap, then the books; 0 when all is as it should be."""
    table = Table("", "tap", "outcome", "ms", "problem", title="rongtong tour: bus", title_justify="left")
    problems = [_run(stand, number, step, table) for number, step in enumerate(STEPS)]
    problems.append(_torn(stand, table))
    problems.append(_books(stand))
    table.add_row(_mark(problems[-1]), "journal and messages agree", "", "", problems[-1])
    console = Console()
    console.print(f"PSAM on {stand.sam_url}")
    console.print(table)
    return int(any(problems))


def _run(stand: Stand, number: int, step: Step, table: Table) -> str:
    card = open_card(step.profile, algorithm=step.algorithm, technology=step.technology, number=_number(step, number))
    began = time.monotonic()
    data = _tap(stand, card, len(stand.witness.taps()))
    problem = _compare(step, card, data)
    table.add_row(
        _mark(problem), step.title, str(data.get("outcome")), f"{(time.monotonic() - began) * 1000:.0f}", problem
    )
    return problem


def _number(step: Step, number: int) -> CardNumber | None:
    """A number of its own for the second adult card; the others keep the number of their profile."""
    return CardNumber(f"31050600999999{number:05d}") if step.algorithm == "SM4" else None


def _tap(stand: Stand, card: Any, before: int) -> dict[str, Any]:
    stand.field.put(card)
    arrived = stand.witness.wait_for(lambda: len(stand.witness.taps()) > before, PATIENCE)
    stand.field.take()
    data: dict[str, Any] = stand.witness.taps()[before]["data"] if arrived else {}
    return data


def _compare(step: Step, card: PurseCard, data: dict[str, Any]) -> str:
    if not data:
        return "no event"
    expected = (step.outcome, step.reason, step.amount, step.left)
    found = (data["outcome"], data["reason"], data["amount_fen"], card.balance)
    if found != expected:
        return f"{found} instead of {expected}"
    if step.outcome == "paid" and data["tac"] != _tac(data, step.algorithm):
        return "the TAC is wrong"
    return ""


def _tac(data: dict[str, Any], algorithm: str) -> str:
    moment = data["transaction_time"].translate(str.maketrans("", "", "-:T"))
    purchase = PurchaseData(
        amount=data["amount_fen"],
        type=int(data["type"], 16),
        terminal=bytes.fromhex(data["terminal_number"]),
        terminal_sequence=data["psam_sequence"],
        time=bytes.fromhex(moment),
    )
    issuer, number = bytes.fromhex(data["issuer_id"]), CardNumber(data["card_number"])
    return expected_tac(Algorithm(algorithm), issuer, number, purchase).hex().upper()


def _torn(stand: Stand, table: Table) -> str:
    """The card obeys DEBIT and leaves before its answer arrives; at the next tap nothing is charged again."""
    card = open_card("adult", number=CardNumber("3105060099999977777"))
    first = _tap(stand, FaultyCard(card, [Fault(LeaveAfter(), instruction=DEBIT)]), len(stand.witness.taps()))
    second = _tap(stand, card, len(stand.witness.taps()))
    found = (first.get("outcome"), second.get("outcome"), card.balance, second.get("tac"))
    expected = ("in-doubt", "recovered", 4800, _tac(second, "3DES") if second else None)
    problem = "" if found == expected else f"{found} instead of {expected}"
    table.add_row(_mark(problem), "torn in the debit, tapped again", f"{found[0]}, {found[1]}", "", problem)
    return problem


def _books(stand: Stand) -> str:
    """Every event of the journal was heard, with its number, and no number is missing."""
    with closing(sqlite3.connect(f"{stand.journal.as_uri()}?mode=ro", uri=True)) as journal:
        rows = journal.execute("SELECT sequence FROM row WHERE sequence IS NOT NULL ORDER BY sequence").fetchall()
    written: Sequence[int] = [row[0] for row in rows]
    stand.witness.wait_for(lambda: len(stand.witness.events) >= len(written), PATIENCE)
    heard = sorted(event["sequence"] for event in stand.witness.events)
    return "" if heard == list(written) == list(range(1, len(written) + 1)) else f"heard {heard}, written {written}"


def _mark(problem: str) -> str:
    return "[red]✗[/red]" if problem else "[green]✓[/green]"
