"""A channel takes a command and returns a response; wrappers of the same shape add what transports leave to us."""

from collections.abc import Callable
from typing import Protocol

from firmware.card.apdu import SHORT_LE, Command, Response
from firmware.errors import MalformedCardData

#: A chain of 61xx answers longer than this is no card but an attack on our patience (64 × 256 bytes = 16 KiB).
LONGEST_CHAIN = 64
GET_RESPONSE = 0xC0


class Channel(Protocol):
    """Whatever carries one command to a card or a secure module and brings its response back."""

    def transmit(self, command: Command) -> Response:
        """Raises the CardError, SamError or ReaderError that says why there is no response."""
        ...


class RawChannel:
    """A channel over anything that exchanges bytes: `exchange(apdu) -> answer`."""

    def __init__(self, exchange: Callable[[bytes], bytes]) -> None:
        self._exchange = exchange

    def transmit(self, command: Command) -> Response:
        """Raises MalformedCardData when the answer is too short."""
        return Response.from_bytes(self._exchange(command.to_bytes()))


class FollowingChannel:
    """Fetches what 61xx announces with GET RESPONSE and repeats what 6Cxx corrects (ISO/IEC 7816-4 §5.1.3)."""

    def __init__(self, inner: Channel) -> None:
        self._inner = inner

    def transmit(self, command: Command) -> Response:
        """Raises MalformedCardData for a chain that does not end."""
        response = self._inner.transmit(command)
        if response.sw.sw1 == 0x6C:
            response = self._inner.transmit(_with_le(command, response.sw.sw2 or SHORT_LE))
        data = response.data
        for _ in range(LONGEST_CHAIN):
            if response.sw.sw1 != 0x61:
                return Response(data, response.sw)
            le = response.sw.sw2 or SHORT_LE
            response = self._inner.transmit(Command(command.cla & 0x03, GET_RESPONSE, le=le))
            data += response.data
        raise MalformedCardData("the answer goes on without an end")


Observer = Callable[[Command, Response | BaseException], None]


class ObservedChannel:
    """Tells an observer what went over the inner channel: for traffic logs, the live view and transcripts."""

    def __init__(self, inner: Channel, observer: Observer) -> None:
        self._inner = inner
        self._observer = observer

    def transmit(self, command: Command) -> Response:
        """Whatever the inner channel gives or raises."""
        try:
            response = self._inner.transmit(command)
        except BaseException as error:
            self._observer(command, error)
            raise
        self._observer(command, response)
        return response


def _with_le(command: Command, le: int) -> Command:
    return Command(command.cla, command.ins, command.p1, command.p2, command.data, le, command.extended)
