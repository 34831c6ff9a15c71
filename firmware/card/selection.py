"""SELECT by name (ISO/IEC 7816-4 §11.2.2): the first of several applications that the card has."""

from collections.abc import Iterable
from dataclasses import dataclass

from firmware.card.apdu import SHORT_LE, Command, Response
from firmware.card.exchange import Exchange, Target, send
from firmware.card.status import StatusWord

#: Proximity payment system environment "2PAY.SYS.DDF01".
PPSE = b"2PAY.SYS.DDF01"
#: The card has no such application: try the next one.
ABSENT = (StatusWord.FILE_NOT_FOUND,)


@dataclass(frozen=True, slots=True)
class Selected:
    """The application that answered, and its answer: FCI and status word (which may tell that it is blocked)."""

    aid: bytes
    response: Response


def select(aid: bytes) -> Command:
    """SELECT by DF name, first occurrence, FCI wanted."""
    return Command(0x00, 0xA4, 0x04, 0x00, aid, SHORT_LE)


def select_first(aids: Iterable[bytes]) -> Exchange[Selected | None]:
    """Select the first application that the card has, in the given order; None when it has none of them."""
    for aid in aids:
        response = yield from send(Target.CARD, select(aid))
        if response.sw not in ABSENT:
            return Selected(aid, response)
    return None
