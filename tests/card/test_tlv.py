import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.card.tlv import DEEPEST, Tlv, build, find, parse
from firmware.errors import MalformedCardData

PRIMITIVE_TAGS = [0x50, 0x84, 0x9F0C, 0x9F08, 0xBF0C & ~0x2000, 0x5A]


@given(st.binary(max_size=300))
def test_any_bytes_are_a_tuple_of_objects_or_malformed_card_data(data):
    try:
        objects = parse(data)
    except MalformedCardData:
        return
    assert all(isinstance(found, Tlv) for found in objects)


@given(st.lists(st.tuples(st.sampled_from(PRIMITIVE_TAGS), st.binary(max_size=300)), max_size=8), st.binary(max_size=3))
def test_what_was_built_is_found_again_between_any_filler(objects, seed):
    filler = bytes(0xFF if byte & 1 else 0x00 for byte in seed)
    data = filler.join([b"", *(build(tag, value) for tag, value in objects), b""])
    assert parse(data) == tuple(Tlv(tag, value) for tag, value in objects)


@pytest.mark.parametrize(
    ("size", "head"),
    [(0, "5000"), (127, "507F"), (128, "508180"), (255, "5081FF"), (256, "50820100"), (70_000, "5083011170")],
)
def test_a_length_takes_as_few_bytes_as_it_can(size, head):
    assert build(0x50, b"\0" * size)[: len(head) // 2].hex().upper() == head


def test_a_purse_fci_is_read_with_its_filler_and_its_clipped_outer_length():
    fci = bytes.fromhex("6F208408A000000632010105A50A500201029F0C0311223300FF00")
    inner = (Tlv(0x50, b"\1\2"), Tlv(0x9F0C, bytes.fromhex("112233")))
    proprietary = Tlv(0xA5, bytes.fromhex("500201029F0C03112233")[:10], inner)
    aid = Tlv(0x84, bytes.fromhex("A000000632010105"))
    assert parse(fci) == (Tlv(0x6F, fci[2:], (aid, proprietary)),)
    assert find(parse(fci), 0x9F0C) == bytes.fromhex("112233")


def test_what_is_not_there_is_not_found():
    assert find(parse(build(0x6F, build(0x84, b"\1"))), 0x9F0C) is None


@pytest.mark.parametrize(
    "data",
    [
        "9F",  # a tag without its second byte
        "9F8182838401",  # a tag of five bytes
        "50",  # no length
        "5080",  # indefinite
        "508400000001AA",  # a length of four bytes
        "508201",  # half a length
        "6F03500441",  # an inner length that runs past the outer one
    ],
)
def test_bytes_that_mean_nothing_are_refused(data):
    with pytest.raises(MalformedCardData):
        parse(bytes.fromhex(data))


def test_objects_nested_without_end_are_refused():
    data = b""
    for _ in range(DEEPEST + 1):
        data = build(0x6F, data)
    with pytest.raises(MalformedCardData, match="nested"):
        parse(data)
