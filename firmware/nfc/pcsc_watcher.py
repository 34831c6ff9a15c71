"""Watches one PC/SC slot in a context and a thread of its own.

It compares event counters: a card that is swapped between two looks of the service changes nothing else.
"""

import threading
from dataclasses import dataclass
from types import ModuleType
from typing import Any  # pyscard has no types; its context stays here

from firmware.errors import ConfigurationError, ReaderError, ReaderLost, ReaderMute
from firmware.nfc.pcsc_service import CANCELLED, TIMED_OUT, error_of, establish, find_slot

#: A change is reported at once; this only bounds how long stopping takes if cancelling fails. Milliseconds.
STATUS_MILLISECONDS = 500
#: Pause before another attempt when the service is gone, in seconds.
AGAIN = 0.1


@dataclass(frozen=True, slots=True)
class Sight:
    """What the watcher sees: the slot's full name, its event counter, the ATR of a present card, or what is wrong."""

    slot: str = ""
    counter: int = 0
    atr: bytes = b""
    error: ReaderError | ConfigurationError | None = None


class Watcher:
    """Follows one slot: `sight` is always what PC/SC said last."""

    def __init__(self, scard: ModuleType, name: str) -> None:
        self._scard = scard
        self._name = name
        self._sight: Sight | None = None
        self._news = threading.Condition()
        self._stop = threading.Event()
        self._context: Any = None
        self._thread = threading.Thread(target=self._run, name=f"pcsc watch {name}", daemon=True)
        self._thread.start()

    def first(self, seconds: float) -> Sight:
        """The first sight. Raises what is wrong, or ReaderMute when the service does not answer."""
        with self._news:
            self._news.wait_for(lambda: self._sight is not None, seconds)
            return self.sight()

    def sight(self) -> Sight:
        """What is seen now. Raises what is wrong with the reader."""
        sight = self._sight
        if sight is None:
            raise ReaderMute("the PC/SC service does not answer")
        if sight.error is not None:
            raise sight.error.with_traceback(None)
        return sight

    def wait_for_card(self, seconds: float) -> Sight:
        """The sight as soon as it shows a card, or after so many seconds. Raises what is wrong with the reader."""
        with self._news:
            self._news.wait_for(lambda: bool(self.sight().atr), seconds)
            return self.sight()

    def stop(self) -> None:
        """End the thread; never raises."""
        self._stop.set()
        if self._context is not None:
            self._scard.SCardCancel(self._context)
        self._thread.join(2 * STATUS_MILLISECONDS / 1000)
        self._tell(Sight(error=ReaderLost(f"{self._name} is closed")))

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
            except (ReaderError, ConfigurationError) as error:
                self._tell(Sight(error=error))
                self._stop.wait(AGAIN)

    def _follow(self) -> None:
        self._context = establish(self._scard)
        try:
            slot = find_slot(self._scard, self._context, self._name)
            state = self._scard.SCARD_STATE_UNAWARE
            while not self._stop.is_set():
                state = self._wait_for_change(slot, state)
        finally:
            context, self._context = self._context, None
            self._scard.SCardReleaseContext(context)

    def _wait_for_change(self, slot: str, state: int) -> int:
        result, found = self._scard.SCardGetStatusChange(self._context, STATUS_MILLISECONDS, [(slot, state)])
        if result & 0xFFFFFFFF in (TIMED_OUT, CANCELLED):
            return state
        error = error_of(self._scard, result)
        if error is not None:
            raise error if isinstance(error, ReaderError) else ReaderLost(str(error))
        _, state, atr = found[0]
        if state & (self._scard.SCARD_STATE_UNKNOWN | self._scard.SCARD_STATE_UNAVAILABLE):
            raise ReaderLost(f"{slot} has been unplugged")
        present = state & self._scard.SCARD_STATE_PRESENT and not state & self._scard.SCARD_STATE_MUTE
        self._tell(Sight(slot, state >> 16, bytes(atr) if present else b""))
        return int(state)

    def _tell(self, sight: Sight) -> None:
        with self._news:
            self._sight = sight
            self._news.notify_all()
