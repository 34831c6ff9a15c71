"""The purse application's files as a card holds them (transit §1.3 to §1.9), and what personalisation writes."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from firmware.card import tlv
from firmware.masks import CardNumber
from simulator.cards.filesystem import Contents, Directory, ElementaryFile, Structure, Writing
from simulator.keys import SERIAL_DIGITS

T_UNION_AID = bytes.fromhex("A000000632010105")
MOHURD_AID = bytes.fromhex("A00000000386980701")
PPSE_NAME = b"2PAY.SYS.DDF01"
LABEL = b"MOT_T_EP"

PUBLIC = ElementaryFile(0x0015, Structure.TRANSPARENT, 30)
HOLDER = ElementaryFile(0x0016, Structure.TRANSPARENT, 55)
MANAGEMENT = ElementaryFile(0x0017, Structure.TRANSPARENT, 60)
LOG = ElementaryFile(0x0018, Structure.CYCLIC, 23, 10, Writing.INTERNAL)
PROCESS = ElementaryFile(0x001A, Structure.LINEAR, 128, 2)
JOURNEYS = ElementaryFile(0x001E, Structure.CYCLIC, 48, 30, Writing.INTERNAL)
#: The files that a compound purchase may change.
CACHEABLE = (PROCESS, JOURNEYS)

MASTER_FILE = 0x3F00
PURSE_DIRECTORY = 0x1001
COUNTRY = bytes.fromhex("00000156")


class CardKind(IntEnum):
    """File 17's card kind (§1.6)."""

    NORMAL = 1
    STUDENT = 2
    SENIOR = 3


@dataclass(frozen=True, slots=True)
class Personalisation:
    """What the issuer writes: number, issuer identifier (8 bytes), cities of 4 digits, dates of 8 digits, kind."""

    number: CardNumber
    issuer_id: bytes
    province: str
    city: str
    kind: CardKind = CardKind.NORMAL
    valid_from: str = "20200101"
    valid_to: str = "20491231"
    aid: bytes = T_UNION_AID

    @property
    def serial(self) -> bytes:
        """Application serial number, 10 bytes; a card number of 19 digits is filled up with a 0 (§1.4)."""
        return bytes.fromhex(self.number.reveal().zfill(SERIAL_DIGITS))

    @property
    def low_serial(self) -> bytes:
        """Its last 8 bytes: the factor of the card's keys (ASN)."""
        return self.serial[2:]

    @property
    def factors(self) -> tuple[bytes, ...]:
        """The levels of key derivation: issuer and card in T-Union, the card alone before it (§3.2)."""
        return (self.issuer_id, self.low_serial) if self.aid == T_UNION_AID else (self.low_serial,)


def root_directory(card: Personalisation) -> Directory:
    """The master file; it answers to the payment environment's name on T-Union cards only."""
    return Directory(MASTER_FILE, PPSE_NAME if card.aid == T_UNION_AID else b"")


def purse_directory(card: Personalisation) -> Directory:
    """The purse application."""
    return Directory(PURSE_DIRECTORY, card.aid, (PUBLIC, HOLDER, MANAGEMENT, LOG, PROCESS, JOURNEYS))


def fresh_contents(card: Personalisation) -> Contents:
    """What the files of a card hold that was never used; the holder's file is blank, as third-generation cards do."""
    return {
        PUBLIC.identifier: (public_information(card),),
        HOLDER.identifier: (bytes(HOLDER.size),),
        MANAGEMENT.identifier: (management_information(card),),
        LOG.identifier: (),
        PROCESS.identifier: (process_record(1), process_record(2)),
        JOURNEYS.identifier: (),
    }


def public_information(card: Personalisation) -> bytes:
    """File 15, 30 bytes (§1.4): purse only, enabled."""
    dates = bytes.fromhex(card.valid_from + card.valid_to)
    return card.issuer_id + b"\x02\x01" + card.serial + dates + bytes(2)


def management_information(card: Personalisation) -> bytes:
    """File 17, 60 bytes (§1.6): interoperable."""
    head = COUNTRY + bytes.fromhex(card.province + card.city) + b"\x00\x01" + bytes((card.kind,))
    return head.ljust(MANAGEMENT.size, b"\0")


def process_record(industry: int) -> bytes:
    """A record of file 1A before its first journey (§1.9): valid, compound purchase, not locked."""
    return bytes((0x27, industry, 0x7D, 0x01, 0x01, 0x00)).ljust(PROCESS.size, b"\0")


def payment_environment(card: Personalisation) -> bytes:
    """The proprietary part of the payment environment's FCI (§1.2): which applications there are."""
    entry = tlv.build(0x61, tlv.build(0x4F, card.aid), tlv.build(0x50, LABEL), tlv.build(0x87, b"\x01"))
    return tlv.build(0xBF0C, entry)


def purse_properties(contents: Contents) -> bytes:
    """The proprietary part of the purse's FCI (§1.2); 9F0C is a copy of file 15."""
    return b"".join(
        (
            tlv.build(0x50, LABEL),
            tlv.build(0x87, b"\x01"),
            tlv.build(0x9F08, b"\x02"),
            tlv.build(0x9F0C, contents[PUBLIC.identifier][0]),
        )
    )


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A record of file 18 (§1.7), written by the card itself: fen, transaction type, 12 digits, 14 digits."""

    sequence: int
    overdraft: int
    amount: int
    type: int
    terminal: str
    time: str

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Take 23 bytes apart."""
        return cls(
            int.from_bytes(raw[:2], "big"),
            int.from_bytes(raw[2:5], "big"),
            int.from_bytes(raw[5:9], "big"),
            raw[9],
            raw[10:16].hex().upper(),
            raw[16:].hex().upper(),
        )

    def to_bytes(self) -> bytes:
        """23 bytes."""
        numbers = self.sequence.to_bytes(2, "big") + self.overdraft.to_bytes(3, "big") + self.amount.to_bytes(4, "big")
        return numbers + bytes((self.type,)) + bytes.fromhex(self.terminal + self.time)
