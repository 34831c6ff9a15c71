"""Whether a card is taken at all: the checks before any money, in the order that validators in the field have them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from firmware.errors import CardError
from firmware.masks import CardNumber
from firmware.transit.files import ManagementInfo, PublicInfo
from firmware.transit.reasons import Reason
from firmware.transit.records import ProcessHead
from firmware.transit.terms import Terms

#: No purse holds more (1000.00 yuan): a larger balance means that the card is damaged or forged.
LARGEST_BALANCE = 100_000
#: Values of the enable flag that refuse: never enabled, and run out (as two validators in the field treat them).
NOT_ENABLED_FLAGS = (0x00, 0xFF)


class Refused(CardError):
    """The card is not taken; nothing was debited. `values` fill the text that the passenger sees."""

    code = "refused"

    def __init__(self, reason: Reason, **values: int) -> None:
        super().__init__(f"the card is not taken: {reason.value}")
        self.reason = reason
        self.values = values


@dataclass(frozen=True, slots=True)
class CardImage:
    """What was read before deciding. `process` None: the card has no such record, which means not locked."""

    info: PublicInfo
    management: ManagementInfo
    process: ProcessHead | None


@dataclass(frozen=True, slots=True)
class Rules:
    """What the checks compare with."""

    terms: Terms
    today: date
    denied: Callable[[CardNumber], bool]


def check(image: CardImage, rules: Rules) -> None:
    """Raises Refused with the first reason that holds."""
    for reason, applies in CHECKS:
        if applies(image, rules):
            raise Refused(reason)


def _issuer_is_foreign_and_unlisted(image: CardImage, rules: Rules) -> bool:
    listed = rules.terms.issuers is None or image.info.issuer_id[:8] in rules.terms.issuers
    return not listed and image.info.city_code != rules.terms.city


def _is_not_enabled(image: CardImage, rules: Rules) -> bool:  # noqa: ARG001 - all checks have one shape
    return image.info.enabled in NOT_ENABLED_FLAGS


def _has_no_dates(image: CardImage, rules: Rules) -> bool:  # noqa: ARG001 - all checks have one shape
    return image.info.valid_from is None or image.info.expires is None


def _has_not_started(image: CardImage, rules: Rules) -> bool:
    return image.info.valid_from is not None and rules.today < image.info.valid_from


def _has_expired(image: CardImage, rules: Rules) -> bool:
    return image.info.expires is not None and rules.today > image.info.expires


def _is_foreign_and_local_only(image: CardImage, rules: Rules) -> bool:
    return image.info.city_code != rules.terms.city and not image.management.interoperable


def _is_denied(image: CardImage, rules: Rules) -> bool:
    return rules.denied(image.info.card_number)


def _is_locked(image: CardImage, rules: Rules) -> bool:  # noqa: ARG001 - all checks have one shape
    return image.process is not None and image.process.lock != 0


Check = Callable[[CardImage, Rules], bool]
CHECKS: tuple[tuple[Reason, Check], ...] = (
    (Reason.ISSUER, _issuer_is_foreign_and_unlisted),
    (Reason.NOT_ENABLED, _is_not_enabled),
    (Reason.DATE_ERROR, _has_no_dates),
    (Reason.NOT_STARTED, _has_not_started),
    (Reason.EXPIRED, _has_expired),
    (Reason.NOT_INTEROPERABLE, _is_foreign_and_local_only),
    (Reason.DENIED, _is_denied),
    (Reason.LOCKED, _is_locked),
)
