"""Money: integers in fen, never floats."""

from typing import NewType

Fen = NewType("Fen", int)

#: The largest amount that a purse command can carry (4 bytes, of which the top bit is a flag in some logs).
LARGEST = Fen(0x7FFFFFFF)


def yuan(amount: Fen) -> str:
    """`180` → `"1.80"`."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02d}"


def share(amount: Fen, percent: int) -> Fen:
    """`percent` of an amount, rounded up to a whole fen (transit practice: one fen more if anything remains).

    Raises ValueError for a negative amount or a percentage outside 0…100.
    """
    if amount < 0 or not 0 <= percent <= 100:
        raise ValueError("amount must not be negative and percent must lie in 0…100")
    return Fen(-(-amount * percent // 100))
