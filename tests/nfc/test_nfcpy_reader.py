"""The real nfcpy, its real udp driver, a real socket: whole exchanges, departures, and what hostile cards may send."""

import os
import pty
import socket
import threading
import time
from itertools import cycle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware.card.identity import CardIdentity, Technology
from firmware.errors import CardError, CardLost, ConfigurationError, ReaderError, ReaderLost, SeveralCards
from firmware.nfc.nfcpy_reader import NfcpyReader
from simulator.faults import Cut, Extend, Fault, FaultyCard, LeaveAfter, LeaveBefore, Mute, Slow
from simulator.readers.udp import CONTACT_UID
from tests.virtual_cards import CONTACT, TYPE_A, TYPE_A_LONG, TYPE_A_SHORT, TYPE_B, EchoCard, ask, expected

#: Time enough for any card on a busy machine; a poll returns as soon as it has found one.
PATIENCE = 5.0
EVERY_KIND = [TYPE_A, TYPE_A_SHORT, TYPE_A_LONG, TYPE_B]


@pytest.mark.parametrize("identity", EVERY_KIND)
def test_a_card_of_each_kind_is_found_and_exchanges_short_and_long_apdus(field, udp_reader, identity):
    field.put(EchoCard(identity))
    card = udp_reader.poll(PATIENCE)
    assert card.identity == identity
    for command in (ask(0), ask(251), ask(256), ask(4096), bytes(255), bytes(1024)):
        assert card.transmit(command) == expected(command)
    assert card.present()
    card.release()
    assert not card.present()
    with pytest.raises(CardLost):
        card.transmit(ask(1))


def test_a_secure_module_behind_a_udp_port_is_a_card_of_type_a(field, udp_reader):
    field.put(EchoCard(CONTACT))
    assert udp_reader.poll(PATIENCE).identity == CardIdentity(Technology.TYPE_A, CONTACT_UID, CONTACT.historical)


def test_an_empty_field_is_looked_at_once_in_no_time_and_no_card_is_found(udp_reader):
    started = time.monotonic()
    assert udp_reader.poll(0) is None
    assert time.monotonic() - started < 0.5


def test_cards_of_both_types_at_once_are_several_cards(field, udp_reader):
    field.put(EchoCard(TYPE_A))
    field.put(EchoCard(TYPE_B))
    with pytest.raises(SeveralCards):
        udp_reader.poll(PATIENCE)


def test_cards_of_changing_type_are_each_found(field, udp_reader):
    for identity in (TYPE_B, TYPE_B, TYPE_A, TYPE_B, TYPE_A, TYPE_A):
        field.put(EchoCard(identity))
        assert udp_reader.poll(PATIENCE).identity == identity
        field.take()


def test_a_card_that_is_taken_away_is_lost_and_found_again_when_it_is_back(field, udp_reader):
    echo = EchoCard()
    field.put(echo)
    card = udp_reader.poll(PATIENCE)
    card.transmit(ask(1))
    field.take()
    assert not card.present()
    with pytest.raises(CardLost):
        card.transmit(ask(1))
    assert udp_reader.poll(0) is None
    field.put(echo)
    assert udp_reader.poll(PATIENCE).transmit(ask(5)) == expected(ask(5))


def test_a_card_put_in_while_the_reader_polls_is_found(field, udp_reader):
    threading.Timer(0.1, lambda: field.put(EchoCard())).start()
    assert udp_reader.poll(PATIENCE).identity == TYPE_A


def test_another_look_at_the_field_ends_the_card_of_the_look_before(field, udp_reader):
    field.put(EchoCard())
    before, after = udp_reader.poll(PATIENCE), udp_reader.poll(PATIENCE)
    assert not before.present()
    with pytest.raises(CardLost):
        before.transmit(ask(1))
    assert after.transmit(ask(1)) == expected(ask(1))


@pytest.mark.parametrize("effect", [LeaveBefore(), LeaveAfter(), Cut(), Cut(300)])
def test_a_card_that_leaves_at_a_command_is_a_card_error_there_and_nowhere_else(field, udp_reader, effect):
    field.put(FaultyCard(EchoCard(), [Fault(effect, number=3)]))
    card = udp_reader.poll(PATIENCE)
    for _ in range(2):
        assert card.transmit(ask(600)) == expected(ask(600))
    with pytest.raises(CardError):
        card.transmit(ask(600))
    assert field.empty()


@pytest.mark.parametrize("effect", [Slow(0.4), Extend(20), Extend(59)])
def test_a_card_that_needs_time_gets_it(field, udp_reader, effect):
    field.put(FaultyCard(EchoCard(), [Fault(effect, number=1)]))
    card = udp_reader.poll(PATIENCE)
    assert card.transmit(ask(600)) == expected(ask(600))
    assert card.transmit(ask(7)) == expected(ask(7))


def test_a_mute_card_is_lost_before_the_deadline(field, udp_reader):
    field.put(FaultyCard(EchoCard(), [Fault(Mute())]))
    card = udp_reader.poll(PATIENCE)
    started = time.monotonic()
    with pytest.raises(CardLost):
        card.transmit(ask(1), 2.0)
    assert time.monotonic() - started < 2.5


def test_a_closed_reader_is_lost_and_closes_twice(field, udp_reader):
    field.put(EchoCard())
    card = udp_reader.poll(PATIENCE)
    udp_reader.close()
    udp_reader.close()
    with pytest.raises(ReaderLost):
        udp_reader.poll(0)
    with pytest.raises((CardLost, ReaderLost)):
        card.transmit(ask(1))
    card.release()


def test_two_readers_work_side_by_side(field, udp_reader):
    from simulator.readers.udp import UdpField

    with UdpField() as other_field:
        other = NfcpyReader(f"nfcpy:udp:127.0.0.1:{other_field.port}")
        field.put(EchoCard(TYPE_A))
        other_field.put(EchoCard(CONTACT))
        card, module = udp_reader.poll(PATIENCE), other.poll(PATIENCE)
        for size in (1, 300):
            assert (card.transmit(ask(size)), module.transmit(ask(size))) == (expected(ask(size)),) * 2
        other.close()


@pytest.mark.parametrize(
    "url",
    ["nfcpy:", "nfcpy:bluetooth", "nfcpy:udp:localhost:port", "nfcpy:pty:dev:pn532", "nfcpy:pty:/dev/null:nosuchchip"],
)
def test_an_address_that_cannot_be_a_reader_is_a_configuration_error(url):
    with pytest.raises(ConfigurationError):
        NfcpyReader(url)


@pytest.mark.parametrize("url", ["nfcpy:tty:AMA99:pn532", "nfcpy:pty:/dev/nosuchtty:pn532", "nfcpy:usb:ffff:ffff"])
def test_a_reader_that_is_not_there_is_a_reader_error(url):
    with pytest.raises(ReaderError):
        NfcpyReader(url)


def test_a_serial_line_with_nobody_at_the_other_end_is_a_reader_error():
    ours, theirs = pty.openpty()
    try:
        with pytest.raises(ReaderError):
            NfcpyReader(f"nfcpy:pty:{os.ttyname(theirs)}:pn532")
    finally:
        os.close(ours)
        os.close(theirs)


#: What leads a reader all the way to an activated card, by the beginning of its frame.
POLITE = {
    "106A 26": "0400",
    "106A 9320": "0102030404",
    "106A 9370": "20",
    "106A e080": "0578807002",
    "106B 0500": "501122334400000000008170",
    "106B 1d": "00",
}


class Rogue:
    """Something on a udp port that answers with its datagrams in turn; up to activation, as it should if polite."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.answers = iter(())
        self.polite = ""
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            datagram, sender = self._socket.recvfrom(2048)
            if datagram == b"stop":
                return
            answer = self._polite_answer(datagram.decode()) or next(self.answers, b"")
            if answer and not datagram.startswith(b"RFOFF"):
                self._socket.sendto(answer.replace(b"RATE", datagram[:4]), sender)

    def _polite_answer(self, text):
        if not self.polite or not text.startswith(self.polite):
            return b""
        return next((b"RATE " + answer.encode() for start, answer in POLITE.items() if text.startswith(start)), b"")

    def close(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"stop", ("127.0.0.1", self.port))
        self._thread.join(5)
        self._socket.close()


@pytest.fixture
def rogue():
    rogue = Rogue()
    yield rogue
    rogue.close()


frames = st.binary(max_size=20) | st.sampled_from(
    [bytes.fromhex(known) for known in ("0400", "0411223366", "20", "0578807002", "029000", "F201", "A2", "A3", "0C00")]
)
datagrams = frames.map(lambda frame: b"RATE " + frame.hex().encode()) | st.binary(max_size=20)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(datagrams, min_size=1, max_size=8), st.sampled_from(["", "106A", "106B"]))
def test_whatever_datagrams_come_a_poll_ends_in_nothing_or_a_card_and_a_command_in_bytes_or_a_card_error(
    rogue, answers, polite
):
    rogue.answers, rogue.polite = cycle(answers), polite
    reader = NfcpyReader(f"nfcpy:udp:127.0.0.1:{rogue.port}")
    try:
        card = reader.poll(0)
        if card is not None:
            assert isinstance(card.transmit(ask(1), 0.2), bytes)
    except CardError:
        return
    finally:
        reader.close()


@pytest.mark.parametrize("rate", ["106A", "106B"])
def test_the_rogue_reaches_the_point_where_a_card_is_activated(rogue, rate):
    rogue.answers, rogue.polite = cycle([b"RATE 029000"]), rate
    reader = NfcpyReader(f"nfcpy:udp:127.0.0.1:{rogue.port}")
    card = reader.poll(0)
    assert card.transmit(ask(1)) == b"\x90\x00"
    reader.close()
