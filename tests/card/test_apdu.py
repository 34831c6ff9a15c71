import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.card.apdu import Command, Response
from firmware.card.status import StatusWord
from firmware.errors import MalformedCardData

byte = st.integers(0, 255)
headers = st.tuples(byte, byte, byte, byte)
short = st.builds(
    lambda header, data, le: Command(*header, data, le),
    headers,
    st.binary(max_size=255),
    st.none() | st.integers(1, 256),
)
extended = st.builds(
    lambda header, data, le: Command(*header, data, le, extended=True),
    headers,
    st.binary(min_size=1, max_size=400),
    st.none() | st.integers(1, 65_536),
)


@pytest.mark.parametrize(
    ("command", "wire"),
    [
        (Command(0x80, 0x5C, 0x03, 0x02), "805C0302"),
        (Command(0x80, 0x5C, 0x03, 0x02, le=4), "805C030204"),
        (Command(0x00, 0xB0, 0x95, 0x00, le=256), "00B0950000"),
        (Command(0x80, 0x72, 0x00, 0x00, bytes.fromhex("11223344")), "807200000411223344"),
        (Command(0x00, 0xA4, 0x04, 0x00, b"2PAY.SYS.DDF01", 256), "00A404000E325041592E5359532E444446303100"),
        (Command(0x00, 0xB0, le=65_536, extended=True), "00B00000000000"),
        (Command(0x00, 0xB0, le=300, extended=True), "00B0000000012C"),
        (Command(0x00, 0xD6, data=b"\xaa" * 2, extended=True), "00D60000000002AAAA"),
        (Command(0x00, 0xD6, data=b"\xaa" * 2, le=65_536, extended=True), "00D60000000002AAAA0000"),
    ],
)
def test_a_command_is_exactly_these_bytes(command, wire):
    assert (str(command), Command.from_bytes(bytes.fromhex(wire))) == (wire, command)


@given(short | extended)
def test_a_command_survives_the_wire(command):
    assert Command.from_bytes(command.to_bytes()) == command


@given(st.binary(max_size=300))
def test_any_bytes_are_the_command_that_makes_them_or_a_value_error(raw):
    try:
        command = Command.from_bytes(raw)
    except ValueError:
        return
    assert command.to_bytes() == raw


@pytest.mark.parametrize(
    "fields",
    [
        {"cla": 256, "ins": 0},
        {"cla": 0, "ins": -1},
        {"cla": 0, "ins": 0, "data": b"\0" * 256},
        {"cla": 0, "ins": 0, "le": 0},
        {"cla": 0, "ins": 0, "le": 257},
        {"cla": 0, "ins": 0, "data": b"\0" * 65_536, "extended": True},
        {"cla": 0, "ins": 0, "le": 65_537, "extended": True},
    ],
)
def test_a_command_that_no_wire_can_carry_is_refused(fields):
    with pytest.raises(ValueError, match=r"fit|byte"):
        Command(**fields)


@pytest.mark.parametrize("wire", ["", "00A404", "00A4040000FF", "00A4040002AA", "00A4040001AABBCC", "00A40400000000AA"])
def test_lengths_that_do_not_add_up_are_refused(wire):
    with pytest.raises(ValueError, match="APDU"):
        Command.from_bytes(bytes.fromhex(wire))


@given(st.binary(max_size=70))
def test_any_answer_is_a_response_or_malformed_card_data(raw):
    try:
        response = Response.from_bytes(raw)
    except MalformedCardData:
        assert len(raw) < 2
    else:
        assert (response.to_bytes(), response.ok) == (raw, raw[-2:] == b"\x90\x00")


@given(st.integers(0, 0xFFFF))
def test_every_status_word_keeps_its_number(number):
    status = StatusWord(number)
    assert (int(status), status, status.sw1, status.sw2) == (number, number, number // 256, number % 256)
    assert str(status).startswith(f"{number:04X}")


def test_known_status_words_say_their_name_and_unknown_ones_do_not():
    assert [str(StatusWord(0x9401)), str(StatusWord(0x6F42))] == ["9401 (INSUFFICIENT_FUNDS)", "6F42"]


@pytest.mark.parametrize("number", [-1, 0x10000, "9000"])
def test_what_does_not_fit_two_bytes_is_no_status_word(number):
    with pytest.raises(ValueError, match="not a valid StatusWord"):
        StatusWord(number)
