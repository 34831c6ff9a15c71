"""ISO-DEP, the reader's side (ISO/IEC 14443-4 §7), over anything that exchanges frames. Our own, because a gate needs
what common stacks lack: an ATS read by its bits, waiting time extensions anywhere, and an end by a deadline.

Rules and numbers of clauses are those of ISO/IEC 14443-4:2018 §7.5.
"""

from collections.abc import Callable
from threading import Event

from firmware.clock import Clock, SystemClock
from firmware.errors import CardError, CardLost, MalformedCardData
from firmware.nfc.ats import LinkParameters, parse_atqb, parse_ats, periods, pupi
from firmware.nfc.blocks import DESELECT, WTXM, Block, Kind, acknowledge, granted, information, repeat
from firmware.nfc.port import APDU_SECONDS

#: `frames(frame, seconds) -> answer`, both without CRC. Raises CardLost on silence, MalformedCardData when garbled.
Frames = Callable[[bytes, float], bytes]

#: RATS: FSD 256, CID 0.
RATS = b"\xe0\x80"
#: ATTRIB: default timing, 106 kbit/s, FSD 256, ISO/IEC 14443-4, CID 0.
ATTRIB, ATTRIB_PARAMETERS = b"\x1d", bytes.fromhex("00080100")
#: The standard allows 4.8 ms for ATS and S(DESELECT); slow phones and busy hosts need more. ATTRIB has its FWT, capped.
ACTIVATION_SECONDS, LONGEST_ACTIVATION = 0.03, 0.25
#: A present card says so at once, whatever its FWT: longer waits would only make removal slow.
PRESENCE_SECONDS = 0.1
#: Repetitions of one block, and questions for an answer that did not come, before the card counts as lost.
RETRIES = 2
#: Waiting time extensions of one block; a card that wants more never ends. FWT cannot be extended beyond its maximum.
MOST_EXTENSIONS, LONGEST_WAITING = 500, periods(14)
#: PCB and CRC.
OVERHEAD = 3
#: 65 536 bytes and a status word.
LONGEST_ANSWER = 65_538


class IsoDep:
    """An activated card that takes APDUs. Once an exchange has failed it stays lost: its block number is unknown."""

    def __init__(self, frames: Frames, link: LinkParameters, clock: Clock) -> None:
        self.link = link
        self._frames = frames
        self._clock = clock
        self._number = 0
        self._ready_at = clock.monotonic() + link.guard
        self._lost = False

    def transmit(self, apdu: bytes, seconds: float = APDU_SECONDS) -> bytes:
        """Exchange one APDU within so many seconds.

        Raises CardLost when the card falls silent or does not end in time, MalformedCardData when it breaks the
        protocol, and whatever else the frames raise.
        """
        if self._lost:
            raise CardLost("the card was lost before this command")
        deadline = self._clock.monotonic() + seconds
        self._lost = True
        self._keep_guard_time(deadline)
        answer = self._receive(self._send(apdu, deadline), deadline)
        self._lost = False
        return answer

    def present(self) -> bool:
        """Whether the card still answers, asked by R(NAK), which changes nothing in it (annex B of the standard)."""
        if self._lost:
            return False
        return self._clock.monotonic() < self._ready_at or self._responds() or self._responds()

    def deselect(self) -> None:
        """Send the card to sleep; its silence is no error. Raises what else the frames raise."""
        if self._lost:
            return
        self._lost = True
        try:
            _insist(self._frames, DESELECT, ACTIVATION_SECONDS)
        except CardError:
            return

    def _keep_guard_time(self, deadline: float) -> None:
        wait = self._ready_at - self._clock.monotonic()
        if wait > 0:
            self._clock.wait(Event(), min(wait, deadline - self._clock.monotonic()))

    def _send(self, apdu: bytes, deadline: float) -> Block:
        size = self.link.frame_size - OVERHEAD
        last = max(0, (len(apdu) - 1) // size * size)
        for start in range(0, last, size):
            answer = self._step(information(self._number, apdu[start : start + size], more=True), deadline)
            if answer.kind is not Kind.ACKNOWLEDGE:
                raise MalformedCardData("the card answered before it had the whole command")
        return self._step(information(self._number, apdu[last:], more=False), deadline)

    def _receive(self, block: Block, deadline: float) -> bytes:
        answer = bytearray()
        while True:
            if block.kind is not Kind.INFORMATION:
                raise MalformedCardData("the card acknowledged where it should answer")
            answer += block.payload
            if not block.more:
                return bytes(answer)
            if not block.payload or len(answer) > LONGEST_ANSWER:
                raise MalformedCardData("the card's answer goes on without an end")
            block = self._step(acknowledge(self._number), deadline)

    def _step(self, block: bytes, deadline: float) -> Block:
        """Send a block until it is answered by the I-block or R(ACK) that carries our number; then toggle (rule B)."""
        extensions, faults, repetitions = _Budget(MOST_EXTENSIONS), _Budget(RETRIES), _Budget(RETRIES)
        is_command = Block.from_bytes(block).kind is Kind.INFORMATION
        sending, waiting = block, self.link.waiting
        while True:
            answer = self._ask(sending, waiting, deadline)
            waiting = self.link.waiting
            match answer:
                case Block(kind=Kind.WAIT):
                    extensions.spend(MalformedCardData("the card asks for more time without an end"))
                    sending = granted(answer)
                    waiting = min(waiting * (answer.payload[0] & WTXM), LONGEST_WAITING)
                case Block(kind=Kind.INFORMATION | Kind.ACKNOWLEDGE, number=self._number):
                    self._number ^= 1
                    return answer
                case Block(kind=Kind.ACKNOWLEDGE) if is_command:  # rule 6: it never got our block
                    repetitions.spend(MalformedCardData("the card asks for the same block again and again"))
                    sending = block
                case _:  # rules 4 and 5: silence or nonsense
                    faults.spend(answer if isinstance(answer, CardError) else MalformedCardData(_unexpected(answer)))
                    sending = repeat(self._number) if is_command else block

    def _ask(self, frame: bytes, waiting: float, deadline: float) -> Block | CardError:
        left = deadline - self._clock.monotonic()
        if left <= 0:
            raise CardLost("the card did not end its answer in time")
        try:
            return Block.from_bytes(self._frames(frame, min(waiting, left)))
        except CardError as fault:
            return fault

    def _responds(self) -> bool:
        try:
            self._frames(repeat(self._number), min(self.link.waiting, PRESENCE_SECONDS))
        except CardLost:
            return False
        except MalformedCardData:
            return True
        return True


class _Budget:
    """How often something may still happen."""

    def __init__(self, left: int) -> None:
        self._left = left

    def spend(self, error: CardError) -> None:
        """Raise the error when nothing is left."""
        if self._left == 0:
            raise error
        self._left -= 1


def activate_a(frames: Frames, clock: Clock | None = None) -> IsoDep:
    """RATS to a selected type A card. Raises CardLost or MalformedCardData when it is none of ISO/IEC 14443-4."""
    return IsoDep(frames, parse_ats(_insist(frames, RATS, ACTIVATION_SECONDS)), clock or SystemClock())


def activate_b(frames: Frames, atqb: bytes, clock: Clock | None = None) -> IsoDep:
    """ATTRIB to the type B card that sent this ATQB. Raises CardLost or MalformedCardData like `activate_a`."""
    link = parse_atqb(atqb)
    seconds = min(max(link.waiting, ACTIVATION_SECONDS), LONGEST_ACTIVATION)
    answer = _insist(frames, ATTRIB + pupi(atqb) + ATTRIB_PARAMETERS, seconds)
    if not answer or answer[0] & 0x0F:
        raise MalformedCardData("the card's answer to ATTRIB carries another CID")
    return IsoDep(frames, link, clock or SystemClock())


def _insist(frames: Frames, frame: bytes, seconds: float) -> bytes:
    for _ in range(RETRIES):
        try:
            return frames(frame, seconds)
        except CardError:
            continue
    return frames(frame, seconds)


def _unexpected(block: Block) -> str:
    return f"the card sent {block.kind.value} {block.number} out of turn"
