"""The air between a reader and a card in virtual time."""

from dataclasses import dataclass, field

from firmware.clock import ManualClock
from firmware.errors import CardLost, MalformedCardData
from simulator.readers.isodep_card import IsoDepCard

#: What one frame costs on this air, in seconds: time must pass, or no deadline would ever come.
FRAME_SECONDS = 0.0005


@dataclass
class Script:
    """A card that answers exactly what is written: pairs of hex strings, None = silence, "" = a garbled frame."""

    lines: list[tuple[str, str | None]]
    clock: ManualClock = field(default_factory=ManualClock)
    waits: list[float] = field(default_factory=list)

    def __call__(self, frame: bytes, seconds: float) -> bytes:
        expected, answer = self.lines.pop(0)
        assert frame.hex().upper() == expected.replace(" ", "")
        self.waits.append(round(seconds, 4))
        if answer is None:
            self.clock.advance(seconds)
            raise CardLost("silence")
        if answer == "":
            raise MalformedCardData("garbled")
        return bytes.fromhex(answer)


@dataclass
class Air:
    """An IsoDepCard in a field where the frames that are numbered in `lost` (from 0, both directions) do not arrive."""

    card: IsoDepCard
    lost: frozenset[int] = frozenset()
    clock: ManualClock = field(default_factory=ManualClock)
    frames: int = 0

    def __call__(self, frame: bytes, seconds: float) -> bytes:
        if self._passes():
            air = self.card.answer(frame)
            in_time = air.seconds <= min(air.limit, seconds)
            if air.frame is not None and in_time and self._passes():
                self.clock.advance(air.seconds + FRAME_SECONDS)
                return air.frame
        self.clock.advance(seconds)
        raise CardLost("silence")

    def _passes(self) -> bool:
        self.frames += 1
        return self.frames - 1 not in self.lost
