"""How a card is connected and what it says of itself before any application is selected."""

from dataclasses import dataclass
from enum import Enum


class Technology(Enum):
    """How a card is connected; the values are those of `rongtong card show --json`."""

    TYPE_A = "ISO14443-4A"
    TYPE_B = "ISO14443-4B"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class CardIdentity:
    """What a reader knows of a card before any application is selected.

    `uid`: UID (type A), PUPI (type B) or empty when the reader cannot tell; `historical`: historical bytes of the ATS
    or ATR, application data and protocol info of the ATQB.
    """

    technology: Technology
    uid: bytes
    historical: bytes
