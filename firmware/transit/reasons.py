"""Why a tap ended as it did: stable codes for events, screens and tests."""

from enum import Enum


class Outcome(Enum):
    """What a tap came to, as events tell it."""

    PAID = "paid"
    REFUSED = "refused"
    IN_DOUBT = "in-doubt"
    VOID = "void"
    RECOVERED = "recovered"
    RECOVERED_UNPROVEN = "recovered-unproven"
    MAC2_BAD = "mac2-bad"
    MAC2_UNVERIFIED = "mac2-unverified"


class Reason(Enum):
    """Why a card was refused; each value is also the key of a text."""

    NOT_TRANSIT = "not-a-transit-card"
    BLOCKED = "blocked"
    ISSUER = "not-accepted-issuer"
    NOT_ENABLED = "not-enabled"
    DATE_ERROR = "date-error"
    NOT_STARTED = "not-started"
    EXPIRED = "expired"
    NOT_INTEROPERABLE = "not-interoperable"
    DENIED = "denied"
    LOCKED = "locked"
    DAMAGED = "damaged"
    INSUFFICIENT = "insufficient"
    GREY_LISTED = "grey-listed"
    UNREADABLE = "card-unreadable"
