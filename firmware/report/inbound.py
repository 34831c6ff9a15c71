"""What comes in from the broker: hostile until it has been read here. No I/O."""

from typing import Annotated

import msgspec

#: Above any sequence that a terminal reaches; what SQLite can hold.
LARGEST = 2**62


class Acknowledgement(msgspec.Struct, frozen=True):
    """The collector holds every event up to and with `sequence`."""

    sequence: Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]


def acknowledged(payload: bytes) -> int | None:
    """The sequence that a collector confirms; None when the bytes are no confirmation."""
    try:
        return msgspec.json.decode(payload, type=Acknowledgement).sequence
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
