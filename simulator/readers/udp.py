"""A radio field on a udp port, for the udp driver of nfcpy: cards of types A and B come and go at any time.

One datagram is one frame: `106A 9320`; `RFOFF` when the reader switches its field off. The socket stays bound, so that
nothing is lost while cards change.
"""

import socket
import threading
import time
from contextlib import suppress
from functools import reduce
from operator import xor
from types import TracebackType
from typing import Self

from firmware import logs
from firmware.card.identity import CardIdentity, Technology
from simulator.cards.port import VirtualCard
from simulator.readers.isodep_card import SILENCE, Air, IsoDepCard

log = logs.instrument(__name__)

#: SAK: speaks ISO/IEC 14443-4; the UID goes on in the next cascade level.
SAK_ISO_DEP, SAK_CASCADE = 0x20, 0x04
CASCADE_TAG = b"\x88"
#: UID under which a card without one (a PSAM on a udp port) lies in the field.
CONTACT_UID = bytes.fromhex("08505341")
#: A busy host may answer this much later than a card, in seconds; later answers reach nobody, as on the air.
TOLERANCE = 0.05


class UdpField:
    """A field on a port (0: any free one, told by `.port`). `put` and `take` move cards; also a context manager."""

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, port))
        self.port: int = self._socket.getsockname()[1]
        self._cards: list[_Proximity] = []
        self._lock = threading.RLock()
        self._changed = threading.Event()
        self._open = True
        self._thread = threading.Thread(target=self._serve, name=f"udp field {self.port}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def put(self, card: VirtualCard) -> None:
        """Lay a card into the field, freshly powered."""
        card.reset()
        with self._lock:
            self._cards.append(_Proximity(card))

    def take(self) -> None:
        """Take every card away, at once, even in mid-answer."""
        with self._lock:
            self._cards.clear()
        self._changed.set()

    def empty(self) -> bool:
        """Whether no card lies there (any more: one may have left by itself)."""
        with self._lock:
            return not self._cards

    def close(self) -> None:
        """Switch the field off for good."""
        if not self._open:
            return
        self._open = False
        self.take()
        self._wake()
        self._thread.join()
        self._socket.close()

    def _wake(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", ("127.0.0.1", self.port))

    def _serve(self) -> None:
        while self._open:
            datagram, sender = self._socket.recvfrom(2048)
            if datagram.startswith(b"RFOFF"):
                self._reset()
                continue
            rate, frame = _parse(datagram)
            for card in self._listening(rate):
                self._answer(card, rate, frame, sender)

    def _listening(self, rate: bytes) -> list["_Proximity"]:
        with self._lock:
            return [card for card in self._cards if card.rate == rate]

    def _answer(self, card: "_Proximity", rate: bytes, frame: bytes, sender: tuple[str, int]) -> None:
        started = time.monotonic()
        air = card.answer(frame)
        if air.seconds:
            self._pass_time(card, air.seconds)
        late = time.monotonic() - started > air.limit + TOLERANCE
        with self._lock:
            stayed = card in self._cards
            if air.gone and stayed:
                self._cards.remove(card)
            if stayed and not late and air.frame is not None:
                self._socket.sendto(rate + b" " + air.frame.hex().encode(), sender)
        log.traffic("air", sent=frame, received=air.frame, late=late)

    def _pass_time(self, card: "_Proximity", seconds: float) -> None:
        """A working card hears nothing, and leaves when it is taken."""
        self._changed.clear()
        with self._lock:
            if card not in self._cards:
                return
        self._changed.wait(min(seconds, threading.TIMEOUT_MAX))
        with suppress(BlockingIOError):
            while self._socket.recvfrom(2048, socket.MSG_DONTWAIT):
                pass

    def _reset(self) -> None:
        with self._lock:
            cards = list(self._cards)
        for card in cards:
            card.reset()


class _Proximity:
    """Initialisation and anticollision (ISO/IEC 14443-3) of one card, then its ISO-DEP."""

    def __init__(self, card: VirtualCard) -> None:
        self._iso_dep = IsoDepCard(card)
        self._is_b = card.identity.technology is Technology.TYPE_B
        self.rate = b"106B" if self._is_b else b"106A"
        self._levels = _levels(_uid(card.identity))
        self._fresh = True

    def reset(self) -> None:
        if not self._fresh:
            self._iso_dep.reset()
        self._fresh = True

    def answer(self, frame: bytes) -> Air:
        found = self._type_b(frame) if self._is_b else self._type_a(frame)
        if found is not None:
            return found
        self._fresh = False
        return self._iso_dep.answer(frame)

    def _type_a(self, frame: bytes) -> Air | None:
        if frame in (b"\x26", b"\x52"):
            self.reset()
            return Air(bytes((0x44 if len(self._levels) > 1 else 0x04, 0x00)))
        if len(frame) < 2 or frame[0] not in b"\x93\x95\x97":
            return None
        level = (frame[0] - 0x93) // 2
        if level >= len(self._levels):
            return SILENCE
        if frame[1:] == b"\x20":
            return Air(self._levels[level])
        if frame[1:] == b"\x70" + self._levels[level]:
            return Air(bytes((SAK_ISO_DEP | (SAK_CASCADE if level + 1 < len(self._levels) else 0),)))
        return SILENCE

    def _type_b(self, frame: bytes) -> Air | None:
        if len(frame) != 3 or frame[0] != 0x05:
            return None
        self.reset()
        return Air(self._iso_dep.atqb)


def _uid(identity: CardIdentity) -> bytes:
    return identity.uid or CONTACT_UID


def _levels(uid: bytes) -> list[bytes]:
    """Four bytes and their check byte per cascade level."""
    parts = []
    while len(uid) > 4:
        parts.append(CASCADE_TAG + uid[:3])
        uid = uid[3:]
    return [part + bytes((reduce(xor, part),)) for part in [*parts, uid]]


def _parse(datagram: bytes) -> tuple[bytes, bytes]:
    rate, _, digits = datagram.partition(b" ")
    try:
        return rate, bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return b"", b""
