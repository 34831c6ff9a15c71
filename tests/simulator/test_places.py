import pytest

from firmware.errors import ReaderError
from simulator.cards.profiles import open_card
from simulator.places import Place, lay


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("vpcd", Place("vpcd", "")),
        ("vpcd:35964", Place("vpcd", "35964")),
        ("udp:0", Place("udp", "0")),
        ("pn532:/dev/pts/3", Place("pn532", "/dev/pts/3")),
    ],
)
def test_a_place_is_read_from_its_name(text, place):
    assert Place.from_text(text) == place


@pytest.mark.parametrize("text", ["", "udp", "udp:", "udp:x", "udp:-1", "udp:65536", "vpcd:²", "pn532", "usb:1"])
def test_what_is_no_place_is_a_value_error(text):
    with pytest.raises(ValueError, match=text or "^$"):
        Place.from_text(text)


def test_a_place_that_is_not_built_yet_says_so():
    with (
        pytest.raises(ReaderError, match="not built yet"),
        lay(open_card("adult"), Place("pn532", "/dev/null"), 0),
    ):
        pass


def test_a_card_on_a_free_udp_port_tells_which_and_that_it_lies_there():
    with lay(open_card("adult"), Place("udp", "0"), 0) as lying:
        kind, port = lying.name.split(":")
        assert (kind, int(port) > 0, lying.still()) == ("udp", True, True)
