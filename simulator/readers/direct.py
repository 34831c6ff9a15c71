"""A reader without hardware: the card answers APDUs in this process. `sim:PROFILE`, for tests and demonstrations."""

from threading import Event

from firmware.card.identity import CardIdentity, Technology
from firmware.clock import Clock, SystemClock
from firmware.errors import CardLost, ConfigurationError, ReaderLost, ReaderMute
from firmware.nfc.port import APDU_SECONDS
from simulator.cards.port import Reply, VirtualCard


def open_reader(url: str) -> "DirectReader":
    """The reader at `sim:PROFILE`, in which a card or a secure module of that profile lies.

    Raises ConfigurationError for a name that is neither.
    """
    return DirectReader(url, _open(url.removeprefix("sim:")))


class DirectReader:
    """A reader with at most one card, which `put` and `take` move."""

    def __init__(self, url: str, card: VirtualCard | None = None, clock: Clock | None = None) -> None:
        self._url = url
        self._clock = clock or SystemClock()
        self._open = True
        self._stay: DirectCard | None = None
        self._lying: VirtualCard | None = None
        if card is not None:
            self.put(card)

    @property
    def name(self) -> str:
        return self._url

    def put(self, card: VirtualCard) -> None:
        """Lay a card on the reader, freshly powered."""
        self.take()
        card.reset()
        self._lying = card

    def take(self) -> None:
        """Take the card away."""
        self._lying = None
        if self._stay is not None:
            self._stay.release()
            self._stay = None

    def poll(self, seconds: float) -> "DirectCard | None":
        if not self._open:
            raise ReaderLost(f"{self._url} is closed")
        if self._stay is not None:
            self._stay.release()
            self._stay = None
        card = self._lying
        if card is None:
            self._clock.wait(Event(), seconds)
            return None
        card.reset()
        self._stay = DirectCard(self, card, self._clock)
        return self._stay

    def holds(self, card: VirtualCard) -> bool:
        """Whether this very card lies there."""
        return self._lying is card

    def close(self) -> None:
        self._open = False
        self.take()


class DirectCard:
    """A card on a direct reader, powered."""

    def __init__(self, reader: DirectReader, card: VirtualCard, clock: Clock) -> None:
        self._reader = reader
        self._card = card
        self._clock = clock
        self._released = False

    @property
    def identity(self) -> CardIdentity:
        return self._card.identity

    def transmit(self, apdu: bytes, seconds: float = APDU_SECONDS) -> bytes:
        if not self.present():
            raise CardLost("the card is not there")
        reply = self._card.answer(apdu)
        self._pass_time(reply, seconds)
        if reply.data is None or reply.cut is not None:
            self._reader.take()
        if reply.data is None or reply.cut is not None or not self.present():
            raise CardLost("the card left")
        return reply.data

    def present(self) -> bool:
        return not self._released and self._reader.holds(self._card)

    def release(self) -> None:
        self._released = True

    def _pass_time(self, reply: Reply, seconds: float) -> None:
        if reply.seconds:
            self._clock.wait(Event(), min(reply.seconds, seconds))
        if reply.seconds <= seconds:
            return
        self.release()
        if self.identity.technology is Technology.CONTACT:
            raise ReaderMute("the secure module did not answer in time")
        raise CardLost("the card did not answer in time")


def _open(profile: str) -> VirtualCard:
    from simulator.cards.profiles import open_card
    from simulator.sam import open_sam

    problems = []
    for opener in (open_card, open_sam):
        try:
            card: VirtualCard = opener(profile)
        except ConfigurationError as error:
            problems.append(str(error))
        else:
            return card
    raise ConfigurationError("", f"there is no virtual card or secure module {profile!r}: {'; '.join(problems)}")
