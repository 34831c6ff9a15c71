"""The raw calls of PC/SC that everybody needs, and what their results mean in our tree of errors.

`scard` is the module of raw calls, handed in by the one file that imports it.
"""

from types import ModuleType
from typing import Any  # pyscard has no types; its handles go in and out as they are

from firmware.errors import CardError, CardLost, ConfigurationError, ReaderError, ReaderLost

#: Results of PC/SC by whose fault they are; the rest is the reader's, and stays until somebody comes.
CARD_GONE = frozenset(
    {
        0x8010000C,  # no smart card
        0x80100016,  # not transacted
        0x80100066,  # unresponsive card
        0x80100067,  # unpowered card
        0x80100068,  # reset card
        0x80100069,  # removed card
        0x8010000F,  # protocol mismatch: a card of another kind than APDUs can reach
    }
)
READER_GONE = frozenset(
    {
        0x80100003,  # invalid handle: of a service that has been restarted
        0x80100009,  # unknown reader
        0x80100013,  # communication error
        0x80100017,  # reader unavailable
        0x8010001D,  # no service
        0x8010001E,  # service stopped
        0x8010002E,  # no readers
        0x8010002F,  # communication data lost
    }
)
SHARING_VIOLATION = 0x8010000B
#: No result at all: nothing changed in time, or we asked for an end.
TIMED_OUT, CANCELLED = 0x8010000A, 0x80100002


def establish(scard: ModuleType) -> Any:
    """A new context. Raises ReaderLost when the service is not there."""
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    error = error_of(scard, result)
    if error is not None:
        raise ReaderLost("the PC/SC service is not there: is pcscd running?") from error
    return context


def find_slot(scard: ModuleType, context: Any, name: str) -> str:
    """The slot of that name, else the only one whose name begins so."""
    result, names = scard.SCardListReaders(context, [])
    error = error_of(scard, result)
    if error is not None and error.code != ReaderLost.code:
        raise error
    found = [name] if name in names else [known for known in names if known.startswith(name)]
    if len(found) > 1:
        raise ConfigurationError("reader.url", f"several PC/SC readers are called {name!r}: {', '.join(found)}")
    if not found:
        raise ReaderLost(f"no PC/SC reader is called {name!r}; there is {', '.join(names) or 'none'}")
    return str(found[0])


def error_of(scard: ModuleType, result: int) -> CardError | ReaderError | None:
    """The error that a result stands for; None for success."""
    code = result & 0xFFFFFFFF
    if code == 0:
        return None
    text = f"{str(scard.SCardGetErrorMessage(result)).rstrip('.')} ({code:08X})"
    if code in CARD_GONE:
        return CardLost(text)
    if code in READER_GONE:
        return ReaderLost(text)
    return ReaderError("another program owns the reader" if code == SHARING_VIOLATION else text)
