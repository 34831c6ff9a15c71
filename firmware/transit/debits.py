"""A debit as the journal keeps it: everything that is needed to resolve a doubt or to settle with the clearing host."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from firmware.masks import CardNumber
from firmware.money import Fen
from firmware.transit.commands import Proof


@dataclass(frozen=True, slots=True)
class Debit:
    """The intent of a debit; written before the card is asked to pay.

    `offline_sequence` is the card's before the debit (its log record will carry one more); `journey_image` is the 1E
    record that the debit writes. Amounts in fen; byte strings as upper-case hex so that people can read the journal.
    """

    transaction: str
    card_number: CardNumber
    serial: str
    issuer_id: str
    city_code: str
    amount: Fen
    balance_before: Fen
    offline_sequence: int
    type: int
    terminal_number: str
    psam_number: str
    psam_sequence: int
    time: datetime
    mac1: str
    key_version: int
    key_index: int
    algorithm_id: int
    journey_image: str
    clock_trusted: bool

    @property
    def balance_after(self) -> Fen:
        """What is left when the debit commits."""
        return Fen(self.balance_before - self.amount)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a debit after it: TAC and MAC2 as hex, or None where the card gave none; and why."""

    tac: str | None = None
    mac2: str | None = None
    detail: str = ""

    @classmethod
    def of(cls, proof: Proof | None, detail: str = "") -> Self:
        """From a proof, or from its absence."""
        if proof is None:
            return cls(detail=detail)
        return cls(proof.tac.hex().upper(), proof.mac2.hex().upper(), detail)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the passenger was shown: the key of the text."""

    message: str
