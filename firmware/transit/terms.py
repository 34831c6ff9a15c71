"""What an operator sells and to whom: the validator's part of the configuration, in the service's own types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum

from firmware.money import Fen, share


class CardKind(IntEnum):
    """Card kinds of file 17 (卡种类型)."""

    NORMAL = 1
    STUDENT = 2
    SENIOR = 3
    TEST = 4
    MILITARY = 5


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a flat-fare bus.

    `concessions`: percent of the fare by card kind, for local cards only. `issuers`: the first eight digits of the
    issuer ids that are taken beside local ones; None = every interoperable one.
    """

    city: str
    operator: int
    line: int
    acquirer: str
    fare: Fen
    station: int = 0
    concessions: Mapping[CardKind, int] = field(default_factory=dict)
    issuers: frozenset[str] | None = None
    unshown: timedelta = timedelta(seconds=60)
    anti_passback: timedelta = timedelta(seconds=3)
    allow_overdraft: bool = False
    green_before_mac2: bool = False

    def flat_fare(self, card_kind: int, card_city: str) -> Fen:
        """The fare of this card, rounded up to a fen; a card of another city pays as an adult."""
        if card_city != self.city or card_kind not in self.concessions:
            return self.fare
        return share(self.fare, self.concessions[CardKind(card_kind)])
