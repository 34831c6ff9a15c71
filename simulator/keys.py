"""TEST keys. Every key of the virtual cards and modules is printed here, so none of them protects anything.

The four root keys are those of the project's published vectors (transit §3.5); a terminal in production refuses a
PSAM that holds them.
"""

from dataclasses import dataclass

from firmware.masks import CardNumber
from simulator.crypto import Algorithm, PurchaseData, card_key, purchase_tac

#: The only key set that virtual cards and PSAMs hold.
KEY_INDEX = KEY_VERSION = 0x01
#: Key numbers under which the PSAM finds its maintenance keys (INIT_FOR_DESCRYPT's P2, §4.4).
BLOCK_KEY, WRITE_KEY = 0x02, 0x06
#: Digits of an application serial number: a card number of 19 digits behind a 0 (§1.4).
SERIAL_DIGITS = 20


@dataclass(frozen=True, slots=True)
class TestKey:
    """One root key: its name, what is derived from it, and its 16 bytes. Not a secret."""

    #: pytest must not take this for a test.
    __test__ = False

    name: str
    use: str
    key: bytes


GMPK = TestKey("GMPK", "purchase: MAC1, MAC2", bytes.fromhex("00112233445566778899AABBCCDDEEFF"))
GMLK = TestKey("GMLK", "load", bytes.fromhex("102132435465768798A9BACBDCEDFE0F"))
GMTK = TestKey("GMTK", "TAC: card and clearing host only", bytes.fromhex("F0E1D2C3B4A5968778695A4B3C2D1E0F"))
GMAK = TestKey("GMAK", "application block and unblock", bytes.fromhex("0F1E2D3C4B5A69788796A5B4C3D2E1F0"))
GMWK = TestKey("GMWK", "line-protected writing of files", bytes.fromhex("54455354204B4559205752495445204C"))
#: In the order of CardKeys' fields.
TEST_KEYS = (GMPK, GMLK, GMTK, GMAK, GMWK)


@dataclass(frozen=True, slots=True)
class CardKeys:
    """The keys of one card, each of 16 bytes: DPK, DLK, DTK, DAK and the key for writing files."""

    purchase: bytes
    load: bytes
    tac: bytes
    block: bytes
    write: bytes


def card_keys(algorithm: Algorithm, *factors: bytes) -> CardKeys:
    """Derive a card's keys by its factors: issuer identifier and low serial number, 8 bytes each (§3.2)."""
    return CardKeys(*(card_key(algorithm, root.key, *factors) for root in TEST_KEYS))


def expected_tac(algorithm: Algorithm, issuer_id: bytes, number: CardNumber, purchase: PurchaseData) -> bytes:
    """The TAC that a virtual T-Union card must have given for a purchase: for hosts and subscribers that check it.

    `number` with or without the leading 0 that fills the serial number up to 20 digits.
    """
    low_serial = bytes.fromhex(number.reveal().zfill(SERIAL_DIGITS))[2:]
    return purchase_tac(algorithm, card_key(algorithm, GMTK.key, issuer_id, low_serial), purchase)
