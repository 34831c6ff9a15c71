"""Records 18, 1A and 1E of the transit application: what was paid, what a journey left behind."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from firmware.card.layout import DIGITS, NUMBER, RAW, STAMP, TEXT, Layout, at

LOG_SFI, PROCESS_SFI, JOURNEY_SFI = 0x18, 0x1A, 0x1E
LOG_RECORDS, JOURNEY_RECORDS = 10, 30
#: Record numbers within file 1A; the low byte of the record id (2701, 2702) names them in UPDATE CAPP DATA CACHE.
METRO_RECORD, BUS_RECORD = 1, 2
PROCESS_SIZE = 128


class JourneyType(IntEnum):
    """Byte 0 of a 1E record, for the electronic purse."""

    INITIAL = 0x00
    BOARD = 0x03
    ALIGHT = 0x04
    SINGLE = 0x06
    LOAD = 0x0A


class Industry(IntEnum):
    """Byte 9 of a 1E record, and the second byte of a 1A record id."""

    METRO = 0x01
    BUS = 0x02


@dataclass(frozen=True)
class LogRecord(Layout, size=23):
    """File 18 交易明细, written by the card at every debit and load; `sequence` is the one after the transaction."""

    sequence: int = at(0, 2, NUMBER)
    overdraft: int = at(2, 3, NUMBER)
    amount_field: int = at(5, 4, NUMBER)
    type: int = at(9, 1, NUMBER)
    terminal: str = at(10, 6, DIGITS)
    time: datetime | None = at(16, 7, STAMP)

    @property
    def amount(self) -> int:
        """Amount in fen; the top bit of its field is a flag of some cards."""
        return self.amount_field & 0x7FFFFFFF

    @property
    def empty(self) -> bool:
        """Whether nothing was ever written here."""
        return not any(self.raw)


@dataclass(frozen=True)
class Journey(Layout, size=48):
    """File 1E 公共交通过程信息, cyclic; amounts in fen."""

    type: int = at(0, 1, NUMBER)
    terminal: str = at(1, 8, DIGITS)
    industry: int = at(9, 1, NUMBER)
    line: int = at(10, 2, NUMBER)
    station: int = at(12, 2, NUMBER)
    operator: int = at(14, 2, NUMBER)
    amount: int = at(17, 4, NUMBER)
    balance_after: int = at(21, 4, NUMBER)
    time: datetime | None = at(25, 7, STAMP)
    city: str = at(32, 2, DIGITS)
    acquirer: str = at(34, 8, DIGITS)

    @property
    def empty(self) -> bool:
        """Whether nothing was ever written here."""
        return not any(self.raw)


@dataclass(frozen=True)
class ProcessHead(Layout, size=PROCESS_SIZE):
    """What all records of file 1A begin with. `lock` other than zero: the card must be refused."""

    record_id: str = at(0, 2, DIGITS)
    length: int = at(2, 1, NUMBER)
    valid: int = at(3, 1, NUMBER)
    mode: int = at(4, 1, NUMBER)
    lock: int = at(5, 1, NUMBER)
    transaction: str = at(6, 8, DIGITS)


@dataclass(frozen=True)
class BusRecord(ProcessHead, size=PROCESS_SIZE):
    """Record 2 of file 1A. `state`: 0 initial, 1 boarded, 2 alighted. `marked_amount`: the most that may be owed."""

    state: int = at(14, 1, NUMBER)
    board_city: str = at(15, 2, DIGITS)
    board_institution: str = at(17, 8, DIGITS)
    board_operator: int = at(25, 2, NUMBER)
    board_line: int = at(27, 2, NUMBER)
    board_stop: int = at(29, 1, NUMBER)
    board_vehicle: str = at(30, 8, TEXT)
    board_terminal: str = at(38, 8, DIGITS)
    board_time: datetime | None = at(46, 7, STAMP)
    marked_amount: int = at(53, 4, NUMBER)
    direction: int = at(57, 1, NUMBER)
    alight_city: str = at(58, 2, DIGITS)
    alight_institution: str = at(60, 8, DIGITS)
    alight_operator: int = at(68, 2, NUMBER)
    alight_line: int = at(70, 2, NUMBER)
    alight_stop: int = at(72, 1, NUMBER)
    alight_vehicle: str = at(73, 8, TEXT)
    alight_terminal: str = at(81, 8, DIGITS)
    alight_time: datetime | None = at(89, 7, STAMP)
    amount: int = at(96, 4, NUMBER)
    distance: int = at(100, 2, NUMBER)


@dataclass(frozen=True)
class MetroRecord(ProcessHead, size=PROCESS_SIZE):
    """Record 1 of file 1A. `state`: 0 initial, 1 entered, 2 exited, 3 updated at entry, 4 updated at exit."""

    state: int = at(14, 1, NUMBER)
    entry_city: str = at(15, 2, DIGITS)
    exit_city: str = at(17, 2, DIGITS)
    entry_institution: str = at(19, 8, DIGITS)
    exit_institution: str = at(27, 8, DIGITS)
    entry_station: bytes = at(35, 8, RAW)
    exit_station: bytes = at(43, 8, RAW)
    entry_terminal: str = at(51, 8, DIGITS)
    exit_terminal: str = at(59, 8, DIGITS)
    entry_time: datetime | None = at(67, 7, STAMP)
    exit_time: datetime | None = at(74, 7, STAMP)
    marked_amount: int = at(81, 4, NUMBER)
    entry_line: int = at(85, 1, NUMBER)
    exit_line: int = at(86, 1, NUMBER)
    entry_amount: int = at(87, 4, NUMBER)
    entry_balance: int = at(91, 4, NUMBER)
    amount: int = at(95, 4, NUMBER)
