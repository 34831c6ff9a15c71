"""A journal row, and the chain through which nobody can change one without being seen.

hash(n) = SM3(previous ‖ encoding of every other column),  previous(n) = hash(n - 1),  previous(1) = SM3(journal id)
"""

from dataclasses import dataclass
from datetime import datetime
from struct import Struct
from typing import TypeAlias

from firmware.card.exchange import RowKind
from firmware.clock import CHINA
from firmware.errors import JournalCorrupt
from firmware.sm import sm3

Column: TypeAlias = int | str | bytes | None
#: The columns of a row as the file holds them, in the order of COLUMNS.
Columns: TypeAlias = tuple[Column, ...]

COLUMNS = (
    "id, transaction_id, kind, state, time, clock_trusted, body,"
    " sequence, event_kind, event_type, event_data, previous, hash"
)
#: Positions in Columns.
ID, TRANSACTION, KIND, SEQUENCE, PREVIOUS, HASH = 0, 1, 2, 7, 11, 12
SELECT = f"SELECT {COLUMNS} FROM row"  # noqa: S608 - constants only
INSERT = f"INSERT INTO row ({COLUMNS}) VALUES ({', '.join('?' * (HASH + 1))})"  # noqa: S608 - constants only
#: Before each column's bytes: its type and its length, so that no two rows have the same encoding.
PREFIX = Struct(">cI")


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was written; `body` and `event_data` are JSON, `time` is local and without a zone."""

    id: int
    transaction: str
    kind: RowKind
    state: str
    time: str
    clock_trusted: bool
    body: bytes
    sequence: int | None
    event_kind: str | None
    event_type: str | None
    event_data: bytes | None
    previous: bytes
    hash: bytes

    @property
    def moment(self) -> datetime:
        """When it was written. Raises JournalCorrupt when its time is none."""
        try:
            return datetime.fromisoformat(self.time).replace(tzinfo=CHINA)
        except ValueError as error:
            raise JournalCorrupt(f"row {self.id} has no time") from error

    @classmethod
    def from_columns(cls, columns: Columns) -> "Row":
        """Raises JournalCorrupt for a kind of row that there is none of."""
        number, transaction, kind, state, time, trusted, *rest = columns
        try:
            # STRICT tables guarantee the columns' types.
            return cls(number, transaction, RowKind(kind), state, time, bool(trusted), *rest)  # type: ignore[arg-type]
        except ValueError as error:
            raise JournalCorrupt(f"row {number!r} is of an unknown kind") from error


def genesis(journal_id: str) -> bytes:
    """What the first row names as its previous hash."""
    return sm3.digest(journal_id.encode())


def link(previous: bytes, columns: Columns) -> bytes:
    """The hash of a row; `columns` are all but `previous` and `hash`."""
    return sm3.digest(previous + b"".join(map(_encoded, columns)))


def _encoded(column: Column) -> bytes:
    match column:
        case None:
            return PREFIX.pack(b"n", 0)
        case bytes():
            return PREFIX.pack(b"b", len(column)) + column
        case str():
            text = column.encode()
            return PREFIX.pack(b"t", len(text)) + text
        case int():
            digits = b"%d" % column
            return PREFIX.pack(b"i", len(digits)) + digits
