"""ISO-DEP, the card's side (ISO/IEC 14443-4 §7), around any virtual card: a frame in, what comes back and when out.

Written from the standard and not from the terminal's reader side, so that the two check each other.
"""

import math
from dataclasses import dataclass

from firmware.card.identity import CardIdentity, Technology
from simulator.cards.port import Reply, VirtualCard

CARRIER = 13_560_000
#: FSDI, FSCI → frame size in bytes with PCB and CRC.
FRAME_SIZES = (16, 24, 32, 40, 48, 64, 96, 128, 256)
FSCI = 8
#: 77 ms: what cards that compute asymmetric signatures ask for.
FWI = 8
LONGEST_WTXM = 59
#: Application data and protocol info of a type B card that tells nothing itself: no application, 106 kbit/s, FSC 256.
PLAIN_ATQB = bytes((0, 0, 0, 0, 0x00, FSCI << 4 | 0x01, FWI << 4))


@dataclass(frozen=True, slots=True)
class Air:
    """What the card does about a frame: `frame` None = silence, b"" = a frame broken by the card's leaving.

    `seconds`: how long it takes. `limit`: after this long nobody listens any more. `gone`: then it is out of the field.
    """

    frame: bytes | None
    seconds: float = 0.0
    limit: float = math.inf
    gone: bool = False


SILENCE = Air(None)


class IsoDepCard:
    """One card in a field, once it has been selected (type A) or has answered REQB (type B)."""

    def __init__(self, card: VirtualCard, *, fsci: int = FSCI, fwi: int = FWI) -> None:
        self._card = card
        self._fsci = fsci
        self.waiting = float(4096 * 2**fwi / CARRIER)
        self.ats = _ats(card.identity.historical, fsci, fwi)
        self.atqb = _atqb(card.identity)
        self._forget()

    def reset(self) -> None:
        """The field is gone for a moment."""
        self._card.reset()
        self._forget()

    def answer(self, frame: bytes) -> Air:
        """What the card sends for a frame."""
        if not self._active:
            return self._activate(frame)
        pcb = frame[0] if frame else 0
        if pcb & 0xE2 == 0x02:
            return self._information(pcb, frame[1:])
        if pcb & 0xE6 == 0xA2:
            return self._acknowledged(pcb)
        if pcb == 0xF2 and self._reply:
            return self._extended(self._reply)
        if pcb & 0xF7 == 0xC2:
            self._forget()
            return Air(b"\xc2")
        return SILENCE

    def _forget(self) -> None:
        self._active = False
        self._number = 1
        self._frame_size = FRAME_SIZES[0]
        self._command = b""
        self._pending = b""
        self._sent = 0
        self._reply: Reply | None = None
        self._waits = 0
        self._last = SILENCE

    def _activate(self, frame: bytes) -> Air:
        if len(frame) == 2 and frame[0] == 0xE0:
            answer, fsdi = self.ats, frame[1] >> 4
        elif len(frame) >= 9 and frame[0] == 0x1D and frame[1:5] == self.atqb[1:5]:
            answer, fsdi = bytes((frame[8] & 0x0F,)), frame[6] & 0x0F
        else:
            return SILENCE
        self._active = True
        self._frame_size = FRAME_SIZES[min(fsdi, 8)]
        return Air(answer)

    def _information(self, pcb: int, payload: bytes) -> Air:
        if len(payload) + 3 > FRAME_SIZES[self._fsci]:
            return SILENCE
        self._number ^= 1
        self._command += payload
        if pcb & 0x10:
            return self._say(Air(bytes((0xA2 | self._number,))))
        command, self._command = self._command, b""
        reply = self._card.answer(command)
        if reply.data is None:
            return Air(None, gone=True)
        self._reply, self._pending, self._sent = reply, reply.data, 0
        self._waits = self._extensions(reply)
        return self._extend(reply) if self._waits else self._next(reply.seconds, self.waiting)

    def _acknowledged(self, pcb: int) -> Air:
        if pcb & 1 == self._number:  # rules 11: our last block got lost
            return Air(self._last.frame, gone=self._last.gone)
        if pcb & 0x10:  # rule 12: nothing to repeat, we are here
            return Air(bytes((0xA2 | self._number,)))
        if not self._pending:
            return SILENCE
        self._number ^= 1
        return self._next(0.0, self.waiting)

    def _extensions(self, reply: Reply) -> int:
        """A card that will be slow says so; one that is mute for ever does not."""
        slow = math.isfinite(reply.seconds) and reply.seconds > self.waiting / 2
        return reply.waits or int(slow)

    def _extend(self, reply: Reply) -> Air:
        self._waits -= 1
        return self._say(Air(bytes((0xF2, self._multiplier(reply)))))

    def _extended(self, reply: Reply) -> Air:
        if self._waits:
            return self._extend(reply)
        seconds, limit = reply.seconds, self.waiting * self._multiplier(reply)
        return self._next(seconds, limit)

    def _multiplier(self, reply: Reply) -> int:
        if not math.isfinite(reply.seconds):
            return 1
        return min(LONGEST_WTXM, max(1, int(2 * reply.seconds / self.waiting) + 1))

    def _next(self, seconds: float, limit: float) -> Air:
        """The next block of the answer; where the answer is cut, the block breaks and the card is gone."""
        if math.isinf(seconds):
            return self._say(SILENCE)
        size = self._frame_size - 3
        piece, self._pending = self._pending[:size], self._pending[size:]
        self._sent += len(piece)
        if self._reply and self._reply.cut is not None and self._sent > self._reply.cut:
            return Air(b"", seconds, limit, gone=True)
        pcb = 0x02 | self._number | (0x10 if self._pending else 0)
        return self._say(Air(bytes((pcb,)) + piece, seconds, limit))

    def _say(self, air: Air) -> Air:
        self._last = air
        return air


def _ats(historical: bytes, fsci: int, fwi: int) -> bytes:
    """TL, T0 with TA, TB and TC, 106 kbit/s only, no CID."""
    body = bytes((0x70 | fsci, 0x80, fwi << 4, 0x00)) + historical
    return bytes((len(body) + 1,)) + body


def _atqb(identity: CardIdentity) -> bytes:
    told = identity.historical if identity.technology is Technology.TYPE_B else b""
    return b"\x50" + identity.uid[:4].ljust(4, b"\0") + (told if len(told) == len(PLAIN_ATQB) else PLAIN_ATQB)
