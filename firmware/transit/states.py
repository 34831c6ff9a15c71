"""A debit's states, as its journal rows name them, and the legal moves between them.

A power cut may strike in any state; what the terminal does with a debit that it finds in the journal at start:

| found         | means                                              | done                                           |
|---------------|----------------------------------------------------|------------------------------------------------|
| INTENDED      | the debit command may or may not have been sent    | becomes IN_DOUBT                               |
| IN_DOUBT      | the card knows, we do not                          | asked for at that card's next tap              |
| DEBITED       | the card has paid, the PSAM's verdict is not known | reported as MAC2_UNVERIFIED, shown at next tap |
| anything else | closed                                             | shown at next tap if it passed and never was   |
"""

from collections.abc import Mapping
from enum import Enum

from firmware.errors import IllegalMove


class DebitState(Enum):
    """Where a debit stands."""

    INTENDED = "intended"
    DEBITED = "debited"
    IN_DOUBT = "in-doubt"
    PAID = "paid"
    MAC2_BAD = "mac2-bad"
    MAC2_UNVERIFIED = "mac2-unverified"
    VOID = "void"
    RECOVERED = "recovered"
    RECOVERED_UNPROVEN = "recovered-unproven"
    LEFT_TO_HOST = "left-to-host"


MOVES: Mapping[DebitState, frozenset[DebitState]] = {
    DebitState.INTENDED: frozenset({DebitState.DEBITED, DebitState.IN_DOUBT, DebitState.VOID}),
    DebitState.DEBITED: frozenset({DebitState.PAID, DebitState.MAC2_BAD, DebitState.MAC2_UNVERIFIED}),
    DebitState.IN_DOUBT: frozenset(
        {
            DebitState.RECOVERED,
            DebitState.RECOVERED_UNPROVEN,
            DebitState.MAC2_BAD,
            DebitState.VOID,
            DebitState.LEFT_TO_HOST,
        }
    ),
}


def move(before: DebitState, after: DebitState) -> DebitState:
    """The state after a move. Raises IllegalMove for one that the table does not have."""
    if after not in MOVES.get(before, frozenset()):
        raise IllegalMove(before, after)
    return after
