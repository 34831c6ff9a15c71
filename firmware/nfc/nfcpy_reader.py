"""Readers with a chip that nfcpy drives (PN532 and others, and its udp driver): frames only, ISO-DEP is our own.

nfcpy's own card layer (`nfc.tag`) is never used: it reads an ATS wrongly, loses waiting time extensions within a chain,
and knows no deadline. What nfcpy raises is translated here and nowhere else. This file alone imports it.
"""

import binascii
import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event
from typing import Any  # nfcpy has no types; nothing of Any leaves this file

from firmware import logs
from firmware.card.identity import CardIdentity, Technology
from firmware.clock import Clock, SystemClock
from firmware.errors import (
    CardError,
    CardLost,
    ConfigurationError,
    MalformedCardData,
    ReaderError,
    ReaderLost,
    ReaderMute,
    SeveralCards,
)
from firmware.nfc.ats import pupi
from firmware.nfc.isodep import IsoDep, activate_a, activate_b
from firmware.nfc.nfcpy_udp import harden
from firmware.nfc.port import APDU_SECONDS

log = logs.instrument(__name__)

#: nfcpy's paths, and ours for a serial line anywhere.
PATH = re.compile(r"usb(:[0-9a-fA-F]{3,4}){0,2}|tty:[\w-]+:\w+|udp(:[^:]*(:\d{1,5})?)?|pty:/[^:]+:\w+")
#: Pause between two looks at an empty field, in seconds: the field is off, and a card can tell a new reader.
PAUSE = 0.02
RATES = {Technology.TYPE_A: "106A", Technology.TYPE_B: "106B"}
#: SAK: the type A card speaks ISO/IEC 14443-4.
SAK_ISO_DEP = 0x20
#: What nfcpy and its drivers raise on a garbled frame beside their own errors.
GARBLED = (ValueError, IndexError, AssertionError, TypeError, AttributeError, binascii.Error)


class NfcpyReader:
    """A reader opened through nfcpy by the URL `nfcpy:PATH`, or `nfcpy:pty:/dev/…:DRIVER` for any serial line."""

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        """Raises ReaderLost when no reader answers there, ConfigurationError for a path that cannot be one."""
        self._url = url
        self._clock = clock or SystemClock()
        self._frontend: Any = None
        self._closed = False
        self._card: NfcpyCard | None = None
        self._last_seen = Technology.TYPE_A
        self._open()

    @property
    def name(self) -> str:
        return self._url

    def poll(self, seconds: float) -> "NfcpyCard | None":
        """Look for one card of type A or B.

        Raises SeveralCards when both types answer; two of one type are settled by the chip. Opens a lost reader anew.
        """
        deadline = self._clock.monotonic() + seconds
        while (card := self._look()) is None and self._clock.monotonic() < deadline:
            self._clock.wait(Event(), PAUSE)
        return card

    def close(self) -> None:
        self._closed = True
        self._lose()

    def _lose(self) -> None:
        self._forget_card()
        frontend, self._frontend = self._frontend, None
        if frontend is not None:
            with suppress(Exception):
                frontend.close()

    def _open(self) -> None:
        path = self._url.removeprefix("nfcpy:")
        if not PATH.fullmatch(path):
            raise ConfigurationError("reader.url", f"{self._url!r} is no address of a reader that nfcpy drives")
        try:
            with _translated(self._url):
                self._frontend = _open_serial(path) if path.startswith("pty:") else _open_path(path)
        except CardError as fault:
            raise ReaderLost(f"{self._url} does not speak as a reader") from fault
        harden(self._frontend.device)
        log.info("reader-open", url=self._url, device=str(self._frontend.device))

    def _look(self) -> "NfcpyCard | None":
        """Ask both types; the one seen last comes last, so that its card stays activated without another round."""
        self._forget_card()
        if self._closed:
            raise ReaderLost(f"{self._url} is closed")
        if self._frontend is None:
            self._open()
        expected = self._last_seen
        other = Technology.TYPE_B if expected is Technology.TYPE_A else Technology.TYPE_A
        unexpected, target = self._sense(other), self._sense(expected)
        if unexpected is not None and target is not None:
            raise SeveralCards("cards of type A and of type B answer")
        if unexpected is not None:
            self._last_seen, target = other, self._sense(other)
        return None if target is None else self._activate(target)

    def _sense(self, technology: Technology) -> Any:
        """nfcpy's target or None. Switches the field off first, which every card forgets everything by."""
        from nfc.clf import RemoteTarget

        try:
            with self._losing(), _translated(self._url):
                return self._frontend.sense(RemoteTarget(RATES[technology]))
        except CardError as fault:
            log.debug("card-unreadable", technology=technology, problem=fault)
            return None

    def _activate(self, target: Any) -> "NfcpyCard | None":
        try:
            link = self._activate_a(target) if self._last_seen is Technology.TYPE_A else self._activate_b(target)
        except CardError as fault:
            log.debug("card-not-activated", technology=self._last_seen, problem=fault)
            return None
        uid = bytes(target.sdd_res or b"") or pupi(bytes(target.sensb_res or b""))
        self._card = NfcpyCard(CardIdentity(self._last_seen, uid, link.link.historical), link)
        return self._card

    def _activate_a(self, target: Any) -> IsoDep:
        if not target.sel_res or not target.sel_res[0] & SAK_ISO_DEP:
            raise MalformedCardData("the type A card does not speak ISO/IEC 14443-4")
        return activate_a(self._exchange, self._clock)

    def _activate_b(self, target: Any) -> IsoDep:
        return activate_b(self._exchange, bytes(target.sensb_res), self._clock)

    def _exchange(self, frame: bytes, seconds: float) -> bytes:
        frontend = self._frontend
        if frontend is None:
            raise ReaderLost(f"{self._url} is closed")
        with self._losing(), _translated(self._url):
            answer = frontend.exchange(bytearray(frame), seconds)
        log.traffic("frame", sent=frame, received=bytes(answer or b""))
        if answer is None:
            raise CardLost("no card is activated")
        return bytes(answer)

    @contextmanager
    def _losing(self) -> Iterator[None]:
        """A reader at fault is closed; the next poll opens it anew."""
        try:
            yield
        except ReaderError:
            self._lose()
            raise

    def _forget_card(self) -> None:
        card, self._card = self._card, None
        if card is not None:
            card.forget()


class NfcpyCard:
    """An activated card; the reader's next look at the field ends it."""

    def __init__(self, identity: CardIdentity, link: IsoDep) -> None:
        self._identity = identity
        self._link: IsoDep | None = link

    @property
    def identity(self) -> CardIdentity:
        return self._identity

    def transmit(self, apdu: bytes, seconds: float = APDU_SECONDS) -> bytes:
        if self._link is None:
            raise CardLost("the card has been released")
        return self._link.transmit(apdu, seconds)

    def present(self) -> bool:
        return self._link is not None and self._link.present()

    def release(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            with suppress(ReaderError):
                link.deselect()

    def forget(self) -> None:
        """The field is about to be switched off: nothing is left to say goodbye to."""
        self._link = None


def _open_path(path: str) -> Any:
    """Any path of nfcpy's own."""
    import nfc

    return nfc.ContactlessFrontend(path)


def _open_serial(path: str) -> Any:
    """`pty:/dev/pts/7:pn532`: nfcpy's own paths name ports directly in /dev only, its transport class opens any."""
    import nfc
    from nfc.clf.transport import TTY

    port, _, driver = path.removeprefix("pty:").rpartition(":")
    chip = importlib.import_module(f"nfc.clf.{driver}")
    line = TTY(port)
    try:
        device = chip.init(line)
    except BaseException:
        line.close()
        raise
    device._path = port  # noqa: SLF001 - what nfcpy's own opening does; its log and __str__ want it
    frontend = nfc.ContactlessFrontend()
    frontend.device = device
    return frontend


@contextmanager
def _translated(url: str) -> Iterator[None]:
    """nfcpy's errors as ours: the card's when the card was silent or garbled, else the reader's."""
    try:
        yield
    except ImportError as error:
        raise ConfigurationError("reader.url", f"{url} cannot be opened: {error}") from error
    except TimeoutError as error:  # an OSError too: the line to the chip
        raise ReaderMute(f"{url} does not answer") from error
    except OSError as error:
        raise ReaderLost(f"{url} is not there: {error.strerror or error}") from error
    except GARBLED as error:
        raise MalformedCardData(f"a garbled frame came from {url}: {type(error).__name__}") from error
    except Exception as error:
        raise _card_fault(error) from error


def _card_fault(error: Exception) -> Exception:
    """nfcpy's own errors; what is neither its nor the chip's goes on as it is."""
    import nfc.clf

    if isinstance(error, nfc.clf.TimeoutError | nfc.clf.BrokenLinkError):
        return CardLost("the card does not answer")
    if isinstance(error, nfc.clf.Error) or type(error).__module__.startswith("nfc.clf"):
        return MalformedCardData(f"the reader could not read the card's frame: {error}")
    return error
