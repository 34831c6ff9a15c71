"""The transit cards that exist, all invented and under TEST keys.

| profile   | city             | kind    | fen  | what is special                                              |
|-----------|------------------|---------|------|--------------------------------------------------------------|
| adult     | Fuzhou 3910      | normal  | 5000 | nothing; its number is that of the published vectors         |
| student   | Fuzhou 3910      | student | 3000 |                                                              |
| senior    | Fuzhou 3910      | senior  | 2000 |                                                              |
| empty     | Fuzhou 3910      | normal  |    0 | no money                                                     |
| expired   | Fuzhou 3910      | normal  | 5000 | valid until the end of 2020                                  |
| denied    | Fuzhou 3910      | normal  | 5000 | DENIED_CARD_NUMBER, for deny lists                           |
| foreign   | Shanghai 2900    | normal  | 5000 | another city's card that is interoperable                    |
| old-purse | Fuzhou 3910      | normal  | 5000 | only the purse from before T-Union, with one level of keys   |

Cards are valid from 2020-01-01 to 2049-12-31 where nothing else is said. Numbers are invented; the old purse's MAC1
has no security code of 80CA, which T-Union does not know.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from firmware.card.identity import CardIdentity, Technology
from firmware.errors import ConfigurationError
from firmware.masks import CardNumber
from simulator.cards.files import MOHURD_AID, CardKind, Personalisation, fresh_contents
from simulator.cards.purse import PurseCard
from simulator.cards.state import PurseState
from simulator.crypto import Algorithm
from simulator.memory import Memory

FUZHOU = bytes.fromhex("01053910FFFFFFFF")
SHANGHAI = bytes.fromhex("02002900FFFFFFFF")
#: The card that a deny list is to hold.
DENIED_CARD_NUMBER = CardNumber("03105060099999900067")
#: Application data and protocol information of type B: 106 kbit/s, frames of 256 bytes, ISO 14443-4, FWI 8.
TYPE_B_INFORMATION = bytes.fromhex("00000000008180")
#: First byte of a type A UID of seven bytes: a chip maker's number.
MAKER = b"\x04"


@dataclass(frozen=True, slots=True)
class Profile:
    """A card as it leaves the issuer, with its money in fen and the length of its type A UID."""

    card: Personalisation
    balance: int
    uid_size: int = 7


def _local(last: str, kind: CardKind = CardKind.NORMAL) -> Personalisation:
    return Personalisation(CardNumber("0310506009999990" + last), FUZHOU, "3900", "3910", kind)


PROFILES = {
    "adult": Profile(_local("0018"), 5000),
    "student": Profile(_local("0026", CardKind.STUDENT), 3000, 4),
    "senior": Profile(_local("0034", CardKind.SENIOR), 2000),
    "empty": Profile(_local("0042"), 0),
    "expired": Profile(replace(_local("0059"), valid_to="20201231"), 5000),
    "denied": Profile(replace(_local("0067"), number=DENIED_CARD_NUMBER), 5000),
    "foreign": Profile(Personalisation(CardNumber("03104890099999900015"), SHANGHAI, "2900", "2900"), 5000, 4),
    "old-purse": Profile(replace(_local("0075"), aid=MOHURD_AID), 5000),
}


def open_card(
    profile: str,
    state: Path | None = None,
    *,
    algorithm: str = "3DES",
    technology: str = "A",
    balance_fen: int | None = None,
    number: CardNumber | None = None,
) -> PurseCard:
    """A card of a profile; with a state file it is the card that was there before.

    `algorithm` is 3DES or SM4, `technology` A or B. `number` makes another card of the same kind (19 digits, or 20
    with the leading 0). Raises ConfigurationError for what does not exist, and for a state file of another card.
    """
    made = _profile(profile)
    card = made.card if number is None else replace(made.card, number=number)
    calculates = _algorithm(algorithm)
    initial = PurseState(made.balance if balance_fen is None else balance_fen, fresh_contents(card))
    memory = Memory(initial, f"card {profile} {calculates.value} {card.serial.hex()}", state)
    return PurseCard(card_identity(card, technology, made.uid_size), card, memory, algorithm=calculates)


def card_identity(card: Personalisation, technology: str, uid_size: int = 7) -> CardIdentity:
    """What readers see of a card of type A (UID of 4 or 7 bytes) or B (PUPI). Raises ConfigurationError."""
    if technology == "A":
        uid = card.low_serial[-4:] if uid_size == 4 else MAKER + card.low_serial[-6:]
        return CardIdentity(Technology.TYPE_A, uid, b"")
    if technology == "B":
        return CardIdentity(Technology.TYPE_B, card.low_serial[-4:], TYPE_B_INFORMATION)
    raise ConfigurationError("", f"there is no technology {technology!r}; there are A and B")


def _profile(name: str) -> Profile:
    try:
        return PROFILES[name]
    except KeyError:
        raise ConfigurationError("", f"there is no card profile {name!r}; there are {', '.join(PROFILES)}") from None


def _algorithm(name: str) -> Algorithm:
    try:
        return Algorithm(name)
    except ValueError:
        raise ConfigurationError("", f"there is no algorithm {name!r}; there are 3DES and SM4") from None
