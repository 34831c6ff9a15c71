"""The virtual radio field, spoken to in raw datagrams."""

import socket

import pytest

from simulator.faults import Cut, Fault, FaultyCard, LeaveAfter, Mute
from simulator.readers.udp import UdpField
from tests.virtual_cards import TYPE_A, TYPE_A_LONG, TYPE_A_SHORT, TYPE_B, EchoCard, ask, expected


class RawReader:
    """Sends frames as nfcpy does and tells what comes back within a moment."""

    def __init__(self, port):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))

    def send(self, text):
        self._socket.send(text.encode())

    def ask(self, text):
        """The answer to a frame that is answered."""
        self.send(text)
        self._socket.settimeout(5)
        return self._socket.recv(2048).decode()

    def is_silent(self, text):
        """Whether nothing comes for longer than any answer takes here."""
        self.send(text)
        self._socket.settimeout(0.15)
        try:
            self._socket.recv(2048)
        except TimeoutError:
            return True
        return False

    def activate(self):
        return [self.ask(f"106A {frame}") for frame in ("26", "9320", "93700A0B0C0D00", "E080")]

    def close(self):
        self._socket.close()


@pytest.fixture
def field():
    with UdpField() as field:
        yield field


@pytest.fixture
def raw(field):
    reader = RawReader(field.port)
    yield reader
    reader.close()


@pytest.mark.parametrize(
    ("identity", "dialogue"),
    [
        (TYPE_A_SHORT, [("26", "0400"), ("9320", "0a0b0c0d00"), ("93700a0b0c0d00", "20")]),
        (
            TYPE_A,
            [
                ("26", "4400"),
                ("9320", "8804a1b29f"),
                ("93708804a1b29f", "24"),
                ("9520", "c3d4e5f604"),
                ("9570c3d4e5f604", "20"),
            ],
        ),
        (
            TYPE_A_LONG,
            [
                ("52", "4400"),
                ("93708801020388", "24"),
                ("957088040506" + f"{0x88 ^ 4 ^ 5 ^ 6:02x}", "24"),
                ("9720", "0708090a0c"),
                ("97700708090a0c", "20"),
            ],
        ),
    ],
    ids=["4", "7", "10"],
)
def test_anticollision_of_each_uid_size(field, raw, identity, dialogue):
    field.put(EchoCard(identity))
    assert [(frame, raw.ask(f"106A {frame}")) for frame, _ in dialogue] == [
        (frame, f"106A {answer}") for frame, answer in dialogue
    ]


def test_a_type_b_card_answers_reqb_and_attrib(field, raw):
    field.put(EchoCard(TYPE_B))
    assert raw.ask("106B 050010") == "106B 501122334400000000008181"
    assert raw.ask("106B 1D1122334400080100") == "106B 00"
    assert raw.ask("106B 0200EE0000") == "106B 029000"


@pytest.mark.parametrize("frame", ["106B 050010", "106F 26", "106A zz", "26", "", "106A 9320FF", "106A 9520"])
def test_frames_that_are_not_for_the_card_are_not_answered(field, raw, frame):
    field.put(EchoCard(TYPE_A_SHORT))
    assert raw.is_silent(frame)
    assert raw.activate()[0] == "106A 0400"


def test_switching_the_field_off_makes_a_card_forget_that_it_was_activated(field, raw):
    echo = EchoCard(TYPE_A_SHORT)
    field.put(echo)
    assert raw.activate()[-1] == "106A 0578808000"
    raw.send("RFOFF")
    assert raw.is_silent("106A 0200EE0000")
    assert echo.resets == 2


def test_an_answer_that_is_cut_breaks_its_block_and_the_card_is_gone(field, raw):
    field.put(FaultyCard(EchoCard(TYPE_A_SHORT), [Fault(Cut(2))]))
    raw.activate()
    assert raw.ask("106A 0200EE0004") == "106A "
    assert field.empty()


def test_a_card_that_leaves_after_it_obeyed_answers_nothing(field, raw):
    echo = EchoCard(TYPE_A_SHORT)
    field.put(FaultyCard(echo, [Fault(LeaveAfter())]))
    raw.activate()
    assert raw.is_silent("106A 0200EE0004")
    assert (field.empty(), echo.commands) == (True, [ask(4)])


def test_a_mute_card_answers_nothing_and_stays(field, raw):
    field.put(FaultyCard(EchoCard(TYPE_A_SHORT), [Fault(Mute())]))
    raw.activate()
    assert raw.is_silent("106A 0200EE0004")
    assert not field.empty()
    raw.activate()
    assert raw.ask("106A 0200EE0004") == f"106A 02{expected(ask(4)).hex()}"


def test_a_field_closes_twice_and_frees_its_port():
    field = UdpField()
    field.close()
    field.close()
    with UdpField(field.port) as again:
        assert again.port == field.port
