"""Status words (ISO/IEC 7816-4, and the purse's own 93xx and 94xx of PBOC and CJ/T 304)."""

from enum import IntEnum
from typing import Self


class StatusWord(IntEnum):
    """The two last bytes of an answer. A value that is not listed becomes a member of its own, named by its number."""

    OK = 0x9000
    APPLICATION_BLOCKED = 0x6283
    FCI_INVALID = 0x6284
    MEMORY_FAILURE = 0x6581
    WRONG_LENGTH = 0x6700
    COMMAND_NOT_ACCEPTED = 0x6901
    SECURITY_STATUS_NOT_SATISFIED = 0x6982
    AUTHENTICATION_BLOCKED = 0x6983
    CONDITIONS_NOT_SATISFIED = 0x6985
    SM_OBJECT_WRONG = 0x6988
    WRONG_DATA = 0x6A80
    FUNCTION_NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    RECORD_NOT_FOUND = 0x6A83
    WRONG_P1_P2 = 0x6A86
    KEY_NOT_FOUND = 0x6A88
    INS_NOT_SUPPORTED = 0x6D00
    CLA_NOT_SUPPORTED = 0x6E00
    MAC_INVALID = 0x9302
    APPLICATION_LOCKED = 0x9303
    INSUFFICIENT_FUNDS = 0x9401
    COUNTER_AT_MAXIMUM = 0x9402
    KEY_INDEX_NOT_SUPPORTED = 0x9403
    PROOF_NOT_AVAILABLE = 0x9406

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int) or not 0 <= value <= 0xFFFF:
            return None
        member = int.__new__(cls, value)
        member._name_ = f"unknown 0x{value:04X}"
        member._value_ = value
        return member

    @property
    def sw1(self) -> int:
        """The first byte: only for wrappers that implement 61xx and 6Cxx; applications compare whole words."""
        return self >> 8

    @property
    def sw2(self) -> int:
        """The second byte."""
        return self & 0xFF

    def __str__(self) -> str:
        return f"{self.value:04X}" if self._name_.startswith("unknown") else f"{self.value:04X} ({self._name_})"
