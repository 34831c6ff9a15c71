"""The virtual card's end of vpcd, against a slot of our own that listens as pcscd does."""

import socket

import pytest

from firmware.errors import ReaderLost
from simulator.readers.vpcd import VpcdReader
from tests.virtual_cards import CONTACT, TYPE_A, TYPE_B, EchoCard, ask, expected


class Slot:
    """What vpcd does: listens, asks for the ATR, exchanges frames."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._card = None

    def accept(self):
        self._card, _ = self._listener.accept()
        self._card.settimeout(5)

    def order(self, code):
        self._card.sendall(bytes((0, 1, code)))

    def exchange(self, message):
        self._card.sendall(len(message).to_bytes(2, "big") + message)
        return self.read()

    def read(self):
        size = int.from_bytes(self._read(2), "big")
        return self._read(size)

    def _read(self, size):
        data = b""
        while len(data) < size:
            part = self._card.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def close(self):
        self._listener.close()
        if self._card:
            self._card.close()


@pytest.fixture
def slot():
    slot = Slot()
    yield slot
    slot.close()


@pytest.fixture
def insert(slot):
    """Insert a card: the slot asks for its ATR while `insert` waits for that."""
    readers = []

    def put(card):
        import threading

        reader = VpcdReader(card, slot.port)
        inserting = threading.Thread(target=reader.insert)
        inserting.start()
        slot.accept()
        atr = slot.exchange(b"\x04")
        inserting.join(5)
        readers.append(reader)
        return reader, atr

    yield put
    for reader in readers:
        reader.remove()


@pytest.mark.parametrize(
    ("identity", "atr"),
    [
        (TYPE_A, "3B84800180318065 51"),
        (TYPE_B, "3B888001 00000000 008181 00 09"),
        (CONTACT, "3B09 54455354205053414D"),
    ],
)
def test_the_slot_is_told_the_atr_of_the_card(insert, identity, atr):
    reader, told = insert(EchoCard(identity))
    assert (told, reader.inserted) == (bytes.fromhex(atr), True)


def test_power_and_reset_reach_the_card_and_apdus_are_answered(slot, insert):
    echo = EchoCard()
    insert(echo)
    for order in (1, 2, 0):
        slot.order(order)
    assert slot.exchange(ask(300)) == expected(ask(300))
    assert echo.resets == 3


def test_an_answer_longer_than_the_length_field_can_tell_is_clipped(slot, insert):
    insert(EchoCard())
    assert len(slot.exchange(ask(65_535))) == 65_535


@pytest.mark.parametrize(
    ("identity", "answers"),
    [(TYPE_A, ["04A1B2C3D4E5F69000", "803180659000", "6A81"]), (TYPE_B, ["112233449000", "6A81", "6A81"])],
)
def test_a_contactless_reader_answers_its_pseudo_commands_itself(slot, insert, identity, answers):
    echo = EchoCard(identity)
    insert(echo)
    commands = ("FFCA000000", "FFCA010000", "FFCA020000")
    assert [slot.exchange(bytes.fromhex(command)).hex().upper() for command in commands] == answers
    assert echo.commands == []


def test_a_secure_module_gets_every_command(slot, insert):
    insert(EchoCard(CONTACT))
    assert slot.exchange(bytes.fromhex("FFCA000000")) == bytes.fromhex("FFCA0000009000")


def test_a_removed_card_has_closed_its_connection(slot, insert):
    reader, _ = insert(EchoCard())
    reader.remove()
    reader.remove()
    assert not reader.inserted
    with pytest.raises((EOFError, OSError)):
        slot.exchange(ask(1))


def test_a_slot_that_nobody_offers_is_a_lost_reader():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ReaderLost, match="pcscd"):
        VpcdReader(EchoCard(), port).insert()
