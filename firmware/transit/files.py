"""Files 15, 16 and 17 of the transit application: who issued the card, to whom, and what it may be used for."""

from dataclasses import dataclass
from datetime import date

from firmware.card.layout import DATE, DIGITS, NUMBER, TEXT, Layout, at
from firmware.masks import CardNumber, IdNumber, PersonName

PUBLIC_INFO_SFI, HOLDER_SFI, MANAGEMENT_SFI = 0x15, 0x16, 0x17


@dataclass(frozen=True)
class PublicInfo(Layout, size=30):
    """File 15 公共应用信息, also in the FCI under 9F0C.

    `serial_digits`: the application serial number, 20 digits; `expires` is the last day of use.
    """

    issuer_id: str = at(0, 8, DIGITS)
    city_code: str = at(2, 2, DIGITS)
    application_type: int = at(8, 1, NUMBER)
    enabled: int = at(9, 1, NUMBER)
    serial_digits: str = at(10, 10, DIGITS)
    valid_from: date | None = at(20, 4, DATE)
    expires: date | None = at(24, 4, DATE)
    issuer_data: str = at(28, 2, DIGITS)

    @property
    def card_number(self) -> CardNumber:
        """The 19-digit number on the card's face: the serial number without its leading zero."""
        digits = self.serial_digits
        return CardNumber(digits[1:] if digits.startswith("0") else digits)

    @property
    def asn(self) -> bytes:
        """The last eight bytes of the serial number: what the card's keys are diversified by."""
        return bytes.fromhex(self.serial_digits[4:])

    def __repr__(self) -> str:
        return f"<PublicInfo {self.card_number}>"


@dataclass(frozen=True)
class HolderInfo(Layout, size=55):
    """File 16 持卡人基本信息. A validator never reads it; the type exists for card desks."""

    holder_type: int = at(0, 1, NUMBER)
    staff: int = at(1, 1, NUMBER)
    name_text: str = at(2, 20, TEXT)
    certificate_text: str = at(22, 32, TEXT)
    certificate_type: int = at(54, 1, NUMBER)

    @property
    def name(self) -> PersonName:
        """The holder's name, masked."""
        return PersonName(self.name_text)

    @property
    def certificate_number(self) -> IdNumber:
        """The number of the holder's certificate, masked."""
        return IdNumber(self.certificate_text)

    def __repr__(self) -> str:
        return "<HolderInfo>"


@dataclass(frozen=True)
class ManagementInfo(Layout, size=60):
    """File 17 管理信息."""

    country: str = at(0, 4, DIGITS)
    province_code: str = at(4, 2, DIGITS)
    city_code: str = at(6, 2, DIGITS)
    interoperability: int = at(8, 2, NUMBER)
    card_kind: int = at(10, 1, NUMBER)

    @property
    def interoperable(self) -> bool:
        """Whether other cities may take the card (互通卡种 0001)."""
        return self.interoperability == 1
