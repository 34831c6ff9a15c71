"""Speaks to the card in one PC/SC slot: an exclusive connection, used by one worker thread with deadlines."""

from contextlib import suppress
from types import ModuleType
from typing import Any  # pyscard has no types; its handles and lists stay here

from firmware import logs
from firmware.errors import CardLost, ReaderError, ReaderLost
from firmware.nfc.pcsc_service import error_of, establish
from firmware.nfc.worker import Worker

log = logs.instrument(__name__)

#: Connecting powers the card and may take a second; letting go is quick, or the card is gone.
CONNECT_SECONDS, RELEASE_SECONDS = 3.0, 1.0


class Link:
    """A context and at most one exclusive connection, spoken for by one worker thread."""

    def __init__(self, scard: ModuleType, url: str) -> None:
        self._scard = scard
        self._url = url
        self._context: Any = None
        self._card: Any = None
        self._protocol = 0
        self._worker = Worker(f"pcsc {url}", self._clean_up)

    @property
    def stuck(self) -> bool:
        """Whether a late call has not come back."""
        return self._worker.stuck

    @property
    def usable(self) -> bool:
        """Whether it takes commands."""
        return self._worker.usable

    def connect(self, slot: str) -> None:
        """Power the card and own it. Raises CardLost, ReaderError."""
        self._worker.call(lambda: self._connect(slot), CONNECT_SECONDS)

    def transmit(self, apdu: bytes, seconds: float) -> bytes:
        """One APDU. Raises CardLost, ReaderLost, ReaderMute."""
        answer = self._worker.call(lambda: self._transmit(apdu), seconds)
        log.traffic("apdu", sent=apdu, received=answer)
        return answer

    def disconnect(self) -> None:
        """Reset the card and let go; never raises, and never waits for a mute device."""
        if self._worker.usable:
            with suppress(ReaderError):
                self._worker.call(self._disconnect, RELEASE_SECONDS)

    def stop(self) -> None:
        """End the worker; it gives everything back, at once or when the device comes back."""
        self._worker.stop(RELEASE_SECONDS)

    def _connect(self, slot: str) -> None:
        self._disconnect()
        if self._context is None:
            self._context = establish(self._scard)
        protocols = self._scard.SCARD_PROTOCOL_T0 | self._scard.SCARD_PROTOCOL_T1
        result, card, protocol = self._scard.SCardConnect(
            self._context, slot, self._scard.SCARD_SHARE_EXCLUSIVE, protocols
        )
        self._check(result)
        self._card, self._protocol = card, protocol

    def _transmit(self, apdu: bytes) -> bytes:
        result, answer = self._scard.SCardTransmit(self._card, self._protocol, list(apdu))
        self._check(result)
        if len(answer) < 2:  # a card pulled in mid-command can be reported as success
            raise CardLost("the card left before its answer")
        return bytes(answer)

    def _disconnect(self) -> None:
        card, self._card = self._card, None
        if card is not None:
            self._scard.SCardDisconnect(card, self._scard.SCARD_RESET_CARD)

    def _clean_up(self) -> None:
        self._disconnect()
        context, self._context = self._context, None
        if context is not None:
            self._scard.SCardReleaseContext(context)

    def _check(self, result: int) -> None:
        error = error_of(self._scard, result)
        if isinstance(error, ReaderLost):
            self._clean_up()  # the next connection starts with a new context
        if error is not None:
            raise error
