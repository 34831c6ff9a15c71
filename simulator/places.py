"""Where a virtual card can lie: a slot of vpcd, a udp field, later a reader chip. Named `vpcd[:PORT]`, `udp:PORT`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from firmware.errors import ReaderError, ReaderLost
from simulator.cards.port import VirtualCard

KINDS = ("vpcd", "udp", "pn532")
LAST_PORT = 0xFFFF


@dataclass(frozen=True, slots=True)
class Place:
    """What a place is (one of KINDS) and where: a port, a link, or nothing where there is a usual one."""

    kind: str
    where: str

    @classmethod
    def from_text(cls, text: str) -> "Place":
        """Raises ValueError for anything but vpcd[:PORT], udp:PORT and pn532:LINK."""
        kind, _, where = text.partition(":")
        if kind not in KINDS or (kind != "vpcd" and not where):
            raise ValueError(text)
        if kind != "pn532" and where and not (where.isascii() and where.isdigit() and int(where) <= LAST_PORT):
            raise ValueError(text)
        return cls(kind, where)


@dataclass(frozen=True, slots=True)
class Lying:
    """A card that lies on its place: the place as it came out (udp:0 finds a free port), and whether it still does."""

    name: str
    still: Callable[[], bool]


@contextmanager
def lay(card: VirtualCard, place: Place, usual_port: int) -> Iterator[Lying]:
    """Lay the card there as long as the context lasts. Raises ReaderError when the place cannot be used."""
    if place.kind == "pn532":
        raise ReaderError("the virtual PN532 is not built yet; use vpcd or udp")
    if place.kind == "vpcd":
        with _on_vpcd(card, int(place.where or usual_port)) as lying:
            yield lying
    else:
        with _on_udp(card, int(place.where)) as lying:
            yield lying


@contextmanager
def _on_vpcd(card: VirtualCard, port: int) -> Iterator[Lying]:
    from simulator.readers.vpcd import VpcdReader

    with VpcdReader(card, port) as reader:
        yield Lying(f"vpcd:{port}", lambda: reader.inserted)


@contextmanager
def _on_udp(card: VirtualCard, port: int) -> Iterator[Lying]:
    from simulator.readers.udp import UdpField

    try:
        field = UdpField(port)
    except OSError as error:
        raise ReaderLost(f"udp port {port} cannot be used: {error.strerror}") from error
    with field:
        field.put(card)
        yield Lying(f"udp:{field.port}", lambda: not field.empty())
