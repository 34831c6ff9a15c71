"""The terminal's side of a purchase, in bytes from the specification (transit §7): no code of the terminal in it."""

from dataclasses import dataclass

from firmware.card.status import StatusWord

TERMINAL = bytes.fromhex("391000000123")
TIME = bytes.fromhex("20261123081530")
SELECT_PURSE = "00A4040008A000000632010105"
SELECT_SAM = "00A40000028011"
OK = StatusWord.OK


def say(device, apdu):
    """Send one APDU (hex or bytes), fetch what waits; data and status word."""
    response = device.respond(bytes.fromhex(apdu) if isinstance(apdu, str) else apdu)
    if response.sw.sw1 == 0x61:
        response = device.respond(bytes((0x00, 0xC0, 0x00, 0x00, response.sw.sw2)))
    return response.data, response.sw


def demand(device, apdu):
    """Send one APDU that must succeed."""
    data, sw = say(device, apdu)
    assert sw == OK, f"{sw} for {apdu}"
    return data


def journey(balance, amount=180, terminal=TERMINAL, time=TIME):
    """A record of file 1E for a bus (§1.8)."""
    head = bytes((0x06,)) + bytes(2) + terminal + bytes((0x02,)) + bytes.fromhex("000F") + bytes(2) + bytes(3)
    money = amount.to_bytes(4, "big") + balance.to_bytes(4, "big")
    return (head + money + time + bytes.fromhex("391012003910FFFFFFFF")).ljust(48, b"\0")


@dataclass
class Tap:
    """A compound purchase step by step; each method sends one command."""

    card: object
    sam: object
    amount: int = 180
    issuer: bytes = bytes.fromhex("01053910FFFFFFFF")
    p1: int = 0x03
    time: bytes = TIME

    @property
    def type(self):
        return 0x09 if self.p1 == 0x03 else 0x06

    def select(self):
        fci = demand(self.card, SELECT_PURSE)
        self.public = fci[fci.index(b"\x9f\x0c\x1e") + 3 :][:30]

    def initialize(self):
        amount = self.amount.to_bytes(4, "big")
        self.init = demand(self.card, bytes((0x80, 0x50, self.p1, 0x02, 0x0B, 0x01)) + amount + TERMINAL + b"\x0f")

    def mac1(self):
        demand(self.sam, SELECT_SAM)
        init = self.init
        data = init[11:15] + init[4:6] + self.amount.to_bytes(4, "big") + bytes((self.type,)) + self.time
        data += init[9:11] + self.public[12:20] + self.public[:8]
        answer = demand(self.sam, bytes.fromhex("8070000024") + data + b"\x08")
        self.sequence, self.mac = answer[:4], answer[4:]

    def cache(self):
        balance = int.from_bytes(self.init[:4], "big") - self.amount
        self.record = journey(balance, self.amount, time=self.time)
        demand(self.card, bytes.fromhex("80DC00F030") + self.record)

    def debit_command(self):
        return bytes.fromhex("805401000F") + self.sequence + self.time + self.mac + b"\x08"

    def debit(self):
        answer = demand(self.card, self.debit_command())
        self.tac, self.mac2 = answer[:4], answer[4:]

    def credit(self):
        demand(self.sam, bytes.fromhex("8072000004") + self.mac2)

    @property
    def steps(self):
        cache = (self.cache,) if self.p1 == 0x03 else ()
        return (self.select, self.initialize, self.mac1, *cache, self.debit, self.credit)

    def run(self):
        for step in self.steps:
            step()
        return self
