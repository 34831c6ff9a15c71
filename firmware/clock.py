"""Time as something that is handed in: wall time in China, monotonic time, and whether the wall time can be trusted."""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Protocol

#: China has one time zone and no daylight saving; cards and records carry this local time without a zone.
CHINA = timezone(timedelta(hours=8), "CST")
#: A wall clock below this was never set: no release of this software is older. A terminal adds its last journal row.
BUILD_FLOOR = datetime(2026, 11, 1, tzinfo=CHINA)
#: systemd-timesyncd creates this file once the clock has been set from the network.
SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")


class Clock(Protocol):
    """What the terminal asks for the time."""

    def now(self) -> datetime:
        """Aware local time in China."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    def trusted(self) -> bool:
        """Whether the wall time comes from a source that can be trusted (RTC, GPS, NTP)."""
        ...

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait for an event at most that long; True when it is set."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        return datetime.now(CHINA)

    def monotonic(self) -> float:
        return time.monotonic()

    def trusted(self) -> bool:
        return SYNCHRONIZED.exists() or Path("/dev/rtc0").exists()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(seconds)


@dataclass
class ManualClock:
    """A clock that moves only when told to: for tests, replays and virtual days."""

    wall: datetime = datetime(2026, 11, 23, 8, 15, 30, tzinfo=CHINA)
    elapsed: float = 0.0
    is_trusted: bool = True

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.elapsed

    def trusted(self) -> bool:
        return self.is_trusted

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Time passes at once."""
        self.advance(seconds)
        return event.is_set()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.elapsed += seconds
        self.wall += timedelta(seconds=seconds)


def utc_text(moment: datetime) -> str:
    """RFC 3339 with milliseconds and Z, as CloudEvents wants it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local_text(moment: datetime) -> str:
    """`2026-11-23T08:15:30` in China, without a zone."""
    return moment.astimezone(CHINA).replace(tzinfo=None).isoformat(timespec="seconds")
