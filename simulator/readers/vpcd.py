"""A card in a slot of vpcd, the virtual reader of pcscd (vsmartcard): pcscd listens, the card connects.

Frames are a length (two bytes, big endian) and so many bytes. One byte is an order to the slot, more is an APDU.
"""

import socket
import threading
import time
from contextlib import suppress
from enum import IntEnum
from functools import reduce
from operator import xor
from types import TracebackType
from typing import Self

from firmware import logs
from firmware.card.identity import CardIdentity, Technology
from firmware.errors import ReaderLost, ReaderMute
from simulator.cards.port import Reply, VirtualCard

log = logs.instrument(__name__)

#: Ports of Debian's package: its two slots.
PORT, SECOND_PORT = 35963, 35964
CONNECT_SECONDS = 5.0
#: pcscd looks for cards at most every 0.4 s. A card that comes back sooner is not noticed as new, and after a failed
#: exchange not noticed at all.
UNNOTICED = 0.5
#: The length field holds no more.
LONGEST_ANSWER = 65_535
#: Pseudo commands that a contactless reader answers itself (PC/SC part 3 §3.2.2.1.3): UID, historical bytes of the ATS.
GET_UID, GET_HISTORY = bytes.fromhex("FFCA000000"), bytes.fromhex("FFCA010000")
OK, NOT_SUPPORTED = bytes.fromhex("9000"), bytes.fromhex("6A81")

#: When a card of this process left a slot last.
_emptied: dict[tuple[str, int], float] = {}


class Order(IntEnum):
    """What the slot is told."""

    POWER_OFF = 0
    POWER_ON = 1
    RESET = 2
    GET_ATR = 4


class VpcdReader:
    """One card and the slot that it is put into by `insert` and taken out of by `remove`; also a context manager."""

    def __init__(self, card: VirtualCard, port: int = PORT, host: str = "127.0.0.1") -> None:
        self._card = card
        self._address = (host, port)
        self._atr = atr(card.identity)
        self._stay: _Stay | None = None

    def __enter__(self) -> Self:
        self.insert()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    @property
    def inserted(self) -> bool:
        """Whether the card is in the slot (it may have left by itself)."""
        return self._stay is not None and self._stay.is_alive()

    def insert(self) -> None:
        """Put the card in and wait until pcscd has asked it for its ATR.

        Raises ReaderLost when no slot listens on the port, ReaderMute when another card is in it.
        """
        self.remove()
        time.sleep(max(0.0, _emptied.get(self._address, -UNNOTICED) + UNNOTICED - time.monotonic()))
        try:
            connection = socket.create_connection(self._address, CONNECT_SECONDS)
        except OSError as error:
            raise ReaderLost(f"no vpcd slot listens on port {self._address[1]}: is pcscd running?") from error
        self._stay = _Stay(connection, self._address, self._card, self._atr)
        self._stay.start()
        if not self._stay.noticed.wait(CONNECT_SECONDS):
            self.remove()
            raise ReaderMute(f"the vpcd slot on port {self._address[1]} does not ask for the card: is one in it?")

    def remove(self) -> None:
        """Take the card out, even in mid-answer; may be called twice."""
        if self._stay is None:
            return
        self._stay.end()
        self._stay = None


class _Stay(threading.Thread):
    """The time that a card spends in the slot."""

    def __init__(self, connection: socket.socket, address: tuple[str, int], card: VirtualCard, atr: bytes) -> None:
        super().__init__(name="vpcd card", daemon=True)
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        self._address = address
        self._card = card
        self._atr = atr
        self._leaving = threading.Event()
        self.noticed = threading.Event()

    def run(self) -> None:
        with self._connection, suppress(OSError, EOFError):
            while self._serve(self._receive(int.from_bytes(self._receive(2), "big"))):
                pass
        _emptied[self._address] = time.monotonic()

    def end(self) -> None:
        self._leaving.set()
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self.join()

    def _serve(self, message: bytes) -> bool:
        if len(message) == 1:
            self._obey(message[0])
            return True
        return not message or self._answer(message)

    def _obey(self, order: int) -> None:
        if order == Order.GET_ATR:
            self._send(self._atr)
            self.noticed.set()
        elif order in (Order.POWER_OFF, Order.POWER_ON, Order.RESET):
            self._card.reset()

    def _answer(self, apdu: bytes) -> bool:
        reply = _of_the_reader(self._card.identity, apdu) or self._card.answer(apdu)
        if reply.seconds:
            self._leaving.wait(min(reply.seconds, threading.TIMEOUT_MAX))
        log.traffic("vpcd", command=apdu, answer=reply.data)
        if reply.data is None or self._leaving.is_set():
            return False
        if reply.cut is not None:
            # vpcd hands out a part of an answer as if it were the whole, which no real reader does: one byte at most
            self._connection.sendall(_framed(reply.data)[: 2 + min(reply.cut, 1)])
            return False
        self._send(reply.data)
        return True

    def _send(self, data: bytes) -> None:
        self._connection.sendall(_framed(data))

    def _receive(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            # vpcd 3.3 sends length and body apart; unless the first is acknowledged at once, Nagle's algorithm holds
            # the second back for 40 ms. The option does not last.
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            part = self._connection.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data


def atr(identity: CardIdentity) -> bytes:
    """The ATR that a reader shows for this card: a pseudo-ATR for a contactless one (PC/SC part 3 §3.1.3.2.3.1)."""
    if identity.technology is Technology.CONTACT:
        return bytes((0x3B, len(identity.historical))) + identity.historical
    history = identity.historical
    if identity.technology is Technology.TYPE_B:
        history = history[:7].ljust(7, b"\0") + b"\0"
    body = bytes((0x80 | len(history), 0x80, 0x01)) + history
    return b"\x3b" + body + bytes((reduce(xor, body),))


def _of_the_reader(identity: CardIdentity, apdu: bytes) -> Reply | None:
    if identity.technology is Technology.CONTACT or apdu[:2] != GET_UID[:2]:
        return None
    if apdu == GET_UID:
        return Reply(identity.uid + OK)
    if apdu == GET_HISTORY and identity.technology is Technology.TYPE_A:
        return Reply(identity.historical + OK)
    return Reply(NOT_SUPPORTED)


def _framed(data: bytes) -> bytes:
    clipped = data[:LONGEST_ANSWER]
    return len(clipped).to_bytes(2, "big") + clipped
