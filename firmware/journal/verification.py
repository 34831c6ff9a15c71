"""Is the chain whole? Every row is hashed again; the first one that does not fit is named. No I/O here.

Rows cut off at the very end leave a whole, shorter chain: that is seen by whoever knows a later sequence (the
reporter's marks, the collector), not here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from firmware.card.exchange import RowKind
from firmware.journal.chain import HASH, ID, KIND, PREVIOUS, SEQUENCE, TRANSACTION, Columns, genesis, link

OPENING = frozenset({RowKind.INTENT.value, RowKind.OUTCOME.value})
ENDING = frozenset({RowKind.RESOLUTION.value, RowKind.SHOWN.value})


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """What a walk over the chain found: how much was right, and the first bad row, if one can be named."""

    rows: int
    events: int
    problem: str | None = None
    row: int | None = None

    @property
    def ok(self) -> bool:
        """Nothing was changed, added or taken out."""
        return self.problem is None


@dataclass
class Walk:
    """Where a walk stands: what it knows of the rows that were right."""

    previous: bytes
    rows: int = 0
    events: int = 0
    unfinished: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, journal_id: str) -> "Walk":
        """A walk before its first row."""
        return cls(genesis(journal_id))

    def follow(self, rows: Iterator[Columns]) -> Iterator[str | None]:
        """Go on; for every row say what is wrong with it, if anything. Ends after the first bad row."""
        for columns in rows:
            problem = self._problem(columns)
            if problem is None:
                self._take(columns)
            yield problem
            if problem is not None:
                return

    def result(self, problem: str | None = None, *, at_row: bool = True) -> VerifyResult:
        """What is known by now."""
        return VerifyResult(self.rows, self.events, problem, self.rows + 1 if problem and at_row else None)

    def _problem(self, columns: Columns) -> str | None:
        if columns[ID] != self.rows + 1:
            return f"row {self.rows + 1} is missing"
        if columns[PREVIOUS] != self.previous:
            return "it does not follow the row before it"
        if columns[HASH] != link(self.previous, columns[:PREVIOUS]):
            return "its content was changed"
        if columns[SEQUENCE] not in (None, self.events + 1):
            return f"event {self.events + 1} is missing"
        return None

    def _take(self, columns: Columns) -> None:
        self.rows += 1
        self.events += columns[SEQUENCE] is not None
        self.previous = bytes(columns[HASH])  # type: ignore[arg-type]  # STRICT: a BLOB
        if columns[KIND] in OPENING:
            self.unfinished.add(str(columns[TRANSACTION]))
        elif columns[KIND] in ENDING:
            self.unfinished.discard(str(columns[TRANSACTION]))
