"""Readers and PSAM slots of PC/SC, by the raw calls of pyscard: one thread watches the slot, another one speaks.

PC/SC has no time limits, and pyscard's high-level classes poll and reconnect behind our back; hence the raw calls. This
file alone imports pyscard.
"""

import threading
from types import ModuleType

from firmware import logs
from firmware.card.identity import CardIdentity, Technology
from firmware.clock import Clock, SystemClock
from firmware.errors import CardError, CardLost, ConfigurationError, ReaderError, ReaderMute
from firmware.nfc.atr import TYPE_B_FACTS, Atr
from firmware.nfc.pcsc_link import Link
from firmware.nfc.pcsc_watcher import Sight, Watcher
from firmware.nfc.port import APDU_SECONDS

log = logs.instrument(__name__)

#: The service answers a new client within this, or is not there; seconds.
OPEN_SECONDS = 5.0
#: Pause before another attempt to connect a card that did not let itself be connected, in seconds.
AGAIN = 0.1
#: Pseudo commands of a contactless reader (PC/SC part 3 §3.2.2.1.3).
GET_UID, GET_HISTORY = bytes.fromhex("FFCA000000"), bytes.fromhex("FFCA010000")
OK = b"\x90\x00"


class PcscReader:
    """A PC/SC reader or PSAM slot, by the URL `pcsc:READER NAME` (whole name or a beginning that only it has)."""

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        """Raises ReaderLost when service or reader are not there, ConfigurationError when several have that name."""
        self._url = url
        self._clock = clock or SystemClock()
        self._scard = _import_scard()
        self._watcher = Watcher(self._scard, url.removeprefix("pcsc:"))
        self._link: Link | None = None
        self._card: PcscCard | None = None
        try:
            slot = self._watcher.first(OPEN_SECONDS).slot
        except (ReaderError, ConfigurationError):
            self.close()
            raise
        log.info("reader-open", url=url, slot=slot)

    @property
    def name(self) -> str:
        return self._url

    def poll(self, seconds: float) -> "PcscCard | None":
        """Look for the card; a card that was handed out before is released. A PC/SC reader cannot tell of several."""
        self._forget_card()
        deadline = self._clock.monotonic() + seconds
        while True:
            sight = self._watcher.wait_for_card(max(0.0, deadline - self._clock.monotonic()))
            card = self._connect(sight) if sight.atr else None
            if card is not None or self._clock.monotonic() >= deadline:
                return card
            if sight.atr:
                self._clock.wait(threading.Event(), AGAIN)

    def close(self) -> None:
        self._forget_card()
        self._watcher.stop()
        link, self._link = self._link, None
        if link is not None:
            link.stop()

    def _connect(self, sight: Sight) -> "PcscCard | None":
        link = self._usable_link()
        try:
            link.connect(sight.slot)
            identity = _identify(link, Atr.from_bytes(sight.atr))
        except CardError as fault:
            log.debug("card-not-connected", slot=sight.slot, problem=fault)
            link.disconnect()
            return None
        self._card = PcscCard(identity, link, self._watcher, sight.counter)
        return self._card

    def _usable_link(self) -> "Link":
        """The link, or a new one; raises ReaderMute as long as the device has not come back from an earlier command."""
        if self._link is not None and self._link.stuck:
            raise ReaderMute(f"{self._url} has not come back from an earlier command")
        if self._link is None or not self._link.usable:
            self._link = Link(self._scard, self._url)
        return self._link

    def _forget_card(self) -> None:
        card, self._card = self._card, None
        if card is not None:
            card.release()


class PcscCard:
    """A card connected exclusively."""

    def __init__(self, identity: CardIdentity, link: "Link", watcher: "Watcher", counter: int) -> None:
        self._identity = identity
        self._link: Link | None = link
        self._watcher = watcher
        self._counter = counter

    @property
    def identity(self) -> CardIdentity:
        return self._identity

    def transmit(self, apdu: bytes, seconds: float = APDU_SECONDS) -> bytes:
        if self._link is None:
            raise CardLost("the card has been released")
        try:
            return self._link.transmit(apdu, seconds)
        except CardLost:
            self.release()
            raise

    def present(self) -> bool:
        """By what the watcher sees: the card itself is not asked."""
        sight = self._watcher.sight()
        return self._link is not None and bool(sight.atr) and sight.counter == self._counter

    def release(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.disconnect()


def _import_scard() -> ModuleType:
    try:
        from smartcard import scard
    except ImportError as error:
        raise ConfigurationError(
            "reader.url",
            "PC/SC needs the package pyscard: install libpcsclite-dev and gcc, then rongtong with the extra `pcsc` "
            "(on a Raspberry Pi: apt install python3-pyscard)",
        ) from error
    module: ModuleType = scard
    return module


def _identify(link: Link, atr: Atr) -> CardIdentity:
    if not atr.contactless:
        return CardIdentity(Technology.CONTACT, b"", atr.historical)
    uid = _of_the_reader(link, GET_UID) or b""
    if len(uid) == 4 and atr.may_be_type_b and _of_the_reader(link, GET_HISTORY) is None:
        return CardIdentity(Technology.TYPE_B, uid, atr.historical[:TYPE_B_FACTS])
    return CardIdentity(Technology.TYPE_A, uid, atr.historical)


def _of_the_reader(link: Link, command: bytes) -> bytes | None:
    answer = link.transmit(command, APDU_SECONDS)
    return answer[:-2] if answer.endswith(OK) else None
