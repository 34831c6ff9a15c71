"""What a T-Union PSAM is asked; four validators in the field agree on these commands. No I/O."""

from dataclasses import dataclass

from firmware.card.apdu import Command
from firmware.card.exchange import Exchange, Target, refusal, send, transact
from firmware.card.status import StatusWord
from firmware.errors import MalformedSamData

#: DF of the T-Union application on the PSAM (the MOHURD one is 1001).
TRANSIT_DF = bytes.fromhex("8011")
MASTER_FILE = bytes.fromhex("3F00")
PSAM_NUMBER_SIZE, TERMINAL_NUMBER_SIZE = 10, 6


@dataclass(frozen=True, slots=True)
class SamIdentity:
    """Who a PSAM is: its number (10 bytes BCD), the terminal number it gives (6 bytes BCD), its purchase key index."""

    psam_number: bytes
    terminal_number: bytes
    key_index: int


@dataclass(frozen=True, slots=True)
class Mac1Request:
    """What MAC1 is made over. Sizes in bytes: random 4, date_time 7, asn 8, issuer_id 8."""

    random: bytes
    offline_sequence: int
    amount: int
    type: int
    date_time: bytes
    key_version: int
    algorithm_id: int
    asn: bytes
    issuer_id: bytes

    def to_bytes(self) -> bytes:
        """The 36 data bytes of INIT_SAM_FOR_PURCHASE with two levels of diversification."""
        return b"".join(
            (
                self.random,
                self.offline_sequence.to_bytes(2, "big"),
                self.amount.to_bytes(4, "big"),
                bytes((self.type,)),
                self.date_time,
                bytes((self.key_version, self.algorithm_id)),
                self.asn,
                self.issuer_id,
            )
        )


@dataclass(frozen=True, slots=True)
class Mac1:
    """The PSAM's transaction sequence (opaque, never smaller than before) and MAC1 (4 bytes)."""

    sequence: int
    mac: bytes


def identify() -> Exchange[SamIdentity]:
    """Read the PSAM's number, terminal number and key index, and leave its transit application selected.

    Raises SamRefused or MalformedSamData.
    """
    yield from _select(MASTER_FILE)
    psam_number = yield from _read(0x15, PSAM_NUMBER_SIZE)
    terminal_number = yield from _read(0x16, TERMINAL_NUMBER_SIZE)
    yield from _select(TRANSIT_DF)
    key_index = yield from _read(0x17, 1)
    return SamIdentity(psam_number, terminal_number, key_index[0])


def init_for_purchase(request: Mac1Request) -> Exchange[Mac1]:
    """INIT_SAM_FOR_PURCHASE: MAC1, and a session that lasts until the next one."""
    command = Command(0x80, 0x70, 0x00, 0x00, request.to_bytes(), 8)
    answer = yield from transact(Target.SAM, command, "INIT_SAM_FOR_PURCHASE", length=8)
    return Mac1(int.from_bytes(answer[:4], "big"), answer[4:8])


def credit_for_purchase(mac2: bytes) -> Exchange[bool]:
    """CREDIT_SAM_FOR_PURCHASE: whether MAC2 proves the card. Raises SamRefused for anything but yes and no."""
    response = yield from send(Target.SAM, Command(0x80, 0x72, 0x00, 0x00, mac2))
    if response.sw not in (StatusWord.OK, StatusWord.MAC_INVALID):
        raise refusal(Target.SAM, response.sw, "CREDIT_SAM_FOR_PURCHASE")
    return response.sw == StatusWord.OK


def _select(file_id: bytes) -> Exchange[bytes]:
    return transact(Target.SAM, Command(0x00, 0xA4, 0x00, 0x00, file_id), f"SELECT {file_id.hex().upper()}")


def _read(sfi: int, size: int) -> Exchange[bytes]:
    command = Command(0x00, 0xB0, 0x80 | sfi, 0x00, le=size)
    data = yield from transact(Target.SAM, command, f"READ BINARY {sfi:02X}")
    if len(data) != size:
        raise MalformedSamData(f"PSAM file {sfi:02X} has {len(data)} bytes instead of {size}")
    return data
