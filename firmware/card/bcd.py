"""Binary-coded decimals, dates and times as cards write them."""

from datetime import date, datetime

from firmware.clock import CHINA


def parse_date(raw: bytes) -> date | None:
    """YYYYMMDD; None for anything that is no date (all 00, all FF, the 31st of June)."""
    try:
        return datetime.strptime(raw.hex(), "%Y%m%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        return None


def date_bytes(day: date) -> bytes:
    """Four bytes YYYYMMDD."""
    return bytes.fromhex(f"{day:%Y%m%d}")


def parse_stamp(raw: bytes) -> datetime | None:
    """YYYYMMDDhhmmss as local time in China; None for anything that is no time."""
    try:
        return datetime.strptime(raw.hex(), "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
    except ValueError:
        return None


def stamp_bytes(moment: datetime) -> bytes:
    """Seven bytes YYYYMMDDhhmmss in China."""
    return bytes.fromhex(f"{moment.astimezone(CHINA):%Y%m%d%H%M%S}")
