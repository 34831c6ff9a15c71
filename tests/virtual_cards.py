"""Trivial virtual cards for tests of readers."""

from firmware.card.identity import CardIdentity, Technology
from simulator.cards.port import Reply

TYPE_A = CardIdentity(Technology.TYPE_A, bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("80318065"))
TYPE_A_SHORT = CardIdentity(Technology.TYPE_A, bytes.fromhex("0A0B0C0D"), b"")
TYPE_A_LONG = CardIdentity(Technology.TYPE_A, bytes.fromhex("0102030405060708090A"), b"TEST")
TYPE_B = CardIdentity(Technology.TYPE_B, bytes.fromhex("11223344"), bytes.fromhex("00000000008181"))
CONTACT = CardIdentity(Technology.CONTACT, b"", b"TEST PSAM")


class EchoCard:
    """Answers `00 EE P1 P2 …` with P1·256 + P2 bytes that count up, anything else with itself; counts power-ups."""

    def __init__(self, identity: CardIdentity = TYPE_A) -> None:
        self.identity = identity
        self.resets = 0
        self.commands: list[bytes] = []

    def reset(self) -> None:
        self.resets += 1

    def answer(self, apdu: bytes) -> Reply:
        self.commands.append(apdu)
        return Reply(expected(apdu))


def expected(apdu: bytes) -> bytes:
    """What an echo card answers."""
    if apdu[1:2] == b"\xee":
        size = int.from_bytes(apdu[2:4], "big")
        return bytes(number & 0xFF for number in range(size)) + b"\x90\x00"
    return apdu + b"\x90\x00"


def ask(size: int) -> bytes:
    """The command for an answer of so many bytes."""
    return b"\x00\xee" + size.to_bytes(2, "big")
