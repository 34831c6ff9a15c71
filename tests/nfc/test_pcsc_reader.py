"""The real pcscd, the real vpcd, the real pyscard: exchanges, departures, mute devices and a service that dies."""

import sys
import threading
import time
from contextlib import contextmanager

import pytest

from firmware.errors import CardLost, ConfigurationError, ReaderError, ReaderLost, ReaderMute
from firmware.nfc.pcsc_reader import PcscReader
from simulator.faults import Change, Cut, Fault, FaultyCard, LeaveAfter, LeaveBefore, Mute, Slow
from simulator.readers.vpcd import VpcdReader
from tests.pcscd import CARD_SLOT, SAM_SLOT
from tests.virtual_cards import CONTACT, TYPE_A, TYPE_A_LONG, TYPE_B, EchoCard, ask, expected

pytestmark = pytest.mark.pcsc
#: pcscd notices cards by polling, at most every 0.4 s; a busy machine needs longer.
PATIENCE = 10.0


@pytest.mark.parametrize("identity", [TYPE_A, TYPE_A_LONG, TYPE_B, CONTACT])
def test_a_card_of_each_kind_is_found_and_exchanges_short_and_long_apdus(pcscd, slot, identity):
    echo = EchoCard(identity)
    with VpcdReader(echo, pcscd.card_port):
        card = slot.poll(PATIENCE)
        assert card.identity == identity
        for command in (ask(0), ask(256), ask(4096), bytes(255), bytes(1024)):
            assert card.transmit(command) == expected(command)
        assert card.present()
        resets = echo.resets
        card.release()
        assert echo.resets > resets
        with pytest.raises(CardLost):
            card.transmit(ask(1))


def test_an_empty_slot_is_polled_as_long_as_asked_and_no_card_is_found(slot):
    started = time.monotonic()
    assert slot.poll(0.1) is None
    assert 0.1 <= time.monotonic() - started < 1.0


def test_a_card_put_in_while_the_reader_polls_is_found(pcscd, slot):
    reader = VpcdReader(EchoCard(), pcscd.card_port)
    putting = threading.Timer(0.1, reader.insert)
    putting.start()
    assert slot.poll(PATIENCE).identity == TYPE_A
    putting.join()
    reader.remove()


def test_a_card_that_is_pulled_is_gone_and_another_one_found(pcscd, slot):
    with VpcdReader(EchoCard(), pcscd.card_port):
        card = slot.poll(PATIENCE)
    wait_until(lambda: not card.present())
    with pytest.raises(CardLost):
        card.transmit(ask(1))
    with VpcdReader(EchoCard(TYPE_B), pcscd.card_port):
        assert slot.poll(PATIENCE).identity == TYPE_B


@pytest.mark.parametrize("effect", [LeaveBefore(), LeaveAfter(), Cut(300)])
def test_a_card_that_leaves_at_a_command_is_lost_there_and_nowhere_else(pcscd, slot, effect):
    with VpcdReader(FaultyCard(EchoCard(), [Fault(effect, number=3)]), pcscd.card_port):
        card = slot.poll(PATIENCE)
        for _ in range(2):
            assert card.transmit(ask(600)) == expected(ask(600))
        with pytest.raises(CardLost):
            card.transmit(ask(600))


def test_an_answer_without_a_status_word_is_a_lost_card(pcscd, slot):
    faulty = FaultyCard(EchoCard(), [Fault(Change(lambda _: b"\x90"))])
    with VpcdReader(faulty, pcscd.card_port):
        card = slot.poll(PATIENCE)
        with pytest.raises(CardLost):
            card.transmit(ask(1))


def test_a_slow_card_gets_its_time(pcscd, slot):
    with VpcdReader(FaultyCard(EchoCard(), [Fault(Slow(0.3))]), pcscd.card_port):
        assert slot.poll(PATIENCE).transmit(ask(1)) == expected(ask(1))


def test_a_mute_module_ends_at_the_deadline_is_left_behind_and_works_again_when_it_is_replaced(pcscd, slot):
    mute = VpcdReader(FaultyCard(EchoCard(CONTACT), [Fault(Mute())]), pcscd.card_port)
    mute.insert()
    module = slot.poll(PATIENCE)
    started = time.monotonic()
    with pytest.raises(ReaderMute):
        module.transmit(ask(1), 0.3)
    module.release()
    with pytest.raises(ReaderMute):
        slot.poll(0)
    assert time.monotonic() - started < 1.5
    mute.remove()
    with VpcdReader(EchoCard(CONTACT), pcscd.card_port):
        assert found(slot).transmit(ask(1)) == expected(ask(1))


def test_a_mute_module_does_not_hold_up_the_other_slot(pcscd, slot):
    sam_slot = PcscReader(f"pcsc:{SAM_SLOT}")
    with (
        VpcdReader(FaultyCard(EchoCard(CONTACT), [Fault(Mute())]), pcscd.sam_port),
        VpcdReader(EchoCard(), pcscd.card_port),
    ):
        module, card = sam_slot.poll(PATIENCE), slot.poll(PATIENCE)
        with pytest.raises(ReaderMute):
            module.transmit(ask(1), 0.2)
        assert card.transmit(ask(1)) == expected(ask(1))
    sam_slot.close()


def test_a_card_is_owned_exclusively_and_freed_on_release(pcscd, slot):
    other = PcscReader(f"pcsc:{CARD_SLOT}")
    with VpcdReader(EchoCard(), pcscd.card_port):
        card = slot.poll(PATIENCE)
        with pytest.raises(ReaderError, match="another program"):
            other.poll(0.5)
        card.release()
        assert other.poll(PATIENCE).transmit(ask(1)) == expected(ask(1))
    other.close()


def test_a_reader_is_known_by_the_beginning_of_its_name_if_only_one_has_it(pcscd):
    reader = PcscReader(f"pcsc:{SAM_SLOT[:-1]}1")
    reader.close()
    with pytest.raises(ConfigurationError, match=f"{CARD_SLOT}, {SAM_SLOT}"):
        PcscReader("pcsc:TEST")


def test_a_name_that_no_reader_has_is_an_error_that_tells_what_exists(pcscd):
    with pytest.raises(ReaderLost, match=f"{CARD_SLOT}, {SAM_SLOT}"):
        PcscReader("pcsc:ACS ACR1252")


def test_a_service_that_is_killed_is_a_lost_reader_until_it_is_back(pcscd, slot):
    before = VpcdReader(EchoCard(), pcscd.card_port)
    before.insert()
    card = slot.poll(PATIENCE)
    pcscd.kill()
    try:
        with pytest.raises((CardLost, ReaderLost)):
            card.transmit(ask(1))
        with pytest.raises(ReaderLost):
            patiently(lambda: slot.poll(0) and None)
        card.release()
    finally:
        pcscd.start()
        before.remove()
    with VpcdReader(EchoCard(), pcscd.card_port):
        assert found(slot).transmit(ask(1)) == expected(ask(1))


def test_a_service_that_is_not_there_is_a_lost_reader(pcscd):
    pcscd.kill()
    try:
        with pytest.raises(ReaderLost, match="pcscd"):
            PcscReader(f"pcsc:{CARD_SLOT}")
    finally:
        pcscd.start()


def test_a_service_that_hangs_is_a_mute_reader_in_mid_command(pcscd, slot):
    with VpcdReader(EchoCard(), pcscd.card_port):
        card = slot.poll(PATIENCE)
        with frozen(pcscd), pytest.raises(ReaderMute):
            card.transmit(ask(1), 0.3)
        assert found(slot).transmit(ask(1)) == expected(ask(1))


def test_a_closed_reader_is_lost_and_closes_twice(pcscd):
    reader = PcscReader(f"pcsc:{CARD_SLOT}")
    reader.close()
    reader.close()
    with pytest.raises(ReaderLost):
        reader.poll(0)


def test_without_pyscard_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "smartcard", None)
    with pytest.raises(ConfigurationError, match=r"libpcsclite-dev and gcc.*extra `pcsc`"):
        PcscReader("pcsc:anything")


def found(reader):
    """The next card, over passing trouble of the reader."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            card = reader.poll(0.2)
        except (ReaderLost, ReaderMute):
            threading.Event().wait(0.05)
            continue
        if card is not None:
            return card
    raise AssertionError("no card is found")


def wait_until(fact):
    deadline = time.monotonic() + PATIENCE
    while not fact():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def patiently(action):
    """Do it again and again until it raises, or for too long."""
    wait_until(lambda: action() is not None)


@contextmanager
def frozen(service):
    service.freeze()
    try:
        yield
    finally:
        service.thaw()
