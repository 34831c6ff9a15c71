"""The test stand: broker, witness, virtual PSAM and field, and the real `rongtong run` between them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware.errors import RongtongError
from simulator.cards.profiles import DENIED_CARD_NUMBER
from simulator.readers.udp import UdpField
from simulator.readers.vpcd import VpcdReader
from simulator.sam import open_sam
from simulator.tour.witness import Witness

#: How long a part may take to come up, in seconds: a Raspberry Pi Zero needs a few.
PATIENCE = 30.0
TERMINAL = "FZ-BUS-0001"
#: The second slot of Debian's vpcd, and its name.
VPCD_PORT, VPCD_SLOT = 35964, "Virtual PCD 00 01"

CONFIGURATION = """[terminal]
id = "{terminal}"
role = "bus"
mode = "test"
language = "zh-CN"
state = "state"

[reader]
url = "nfcpy:udp:127.0.0.1:{field}"

[sam]
url = "{sam}"

[mqtt]
url = "mqtt://127.0.0.1:{broker}"

[transit]
city = "3910"
operator = "0001"
line = 15
acquirer = "12003910FFFFFFFF"
fare_fen = 200
denylist = "deny.bin"
concessions = {{ student = 50, senior = 0 }}
"""


class Stand:
    """Everything up and ready for a card; `field` takes cards, `witness` hears events."""

    def __init__(self, folder: Path, mosquitto: str) -> None:
        self.folder = folder
        self._mosquitto = mosquitto
        self._parts = ExitStack()
        self._broker_port = _free_port()
        self.field: UdpField
        self.witness: Witness
        self.sam_url = ""

    def __enter__(self) -> Self:
        try:
            self._start_broker()
            self.witness = self._parts.enter_context(Witness(self._broker_port))
            self.field = self._parts.enter_context(UdpField())
            self.sam_url = self._place_sam()
            self._write_configuration()
            self._start_terminal()
        except BaseException:
            self._parts.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._parts.close()

    @property
    def journal(self) -> Path:
        """The terminal's journal."""
        return self.folder / "state" / "journal.db"

    def screen(self) -> list[str]:
        """What the terminal's screen has said so far."""
        return (self.folder / "screen.txt").read_text("utf-8").splitlines()

    def log(self) -> str:
        """What the terminal has logged so far."""
        return (self.folder / "terminal.log").read_text("utf-8")

    def _start_broker(self) -> None:
        file = self.folder / "mosquitto.conf"
        lines = [f"listener {self._broker_port} 127.0.0.1", "allow_anonymous true"]
        lines += ["user root"] if os.geteuid() == 0 else []
        file.write_text("\n".join(lines) + "\n")
        self._process([self._mosquitto, "-c", str(file)], "mosquitto")
        _wait(lambda: _accepts(self._broker_port), "mosquitto takes no connections")

    def _place_sam(self) -> str:
        """On vpcd where pcscd runs with it, else on a second udp port."""
        sam = open_sam("transit")
        try:
            self._parts.enter_context(VpcdReader(sam, VPCD_PORT))
        except RongtongError:
            place = self._parts.enter_context(UdpField())
            place.put(sam)
            return f"nfcpy:udp:127.0.0.1:{place.port}"
        return f"pcsc:{VPCD_SLOT}"

    def _write_configuration(self) -> None:
        numbers = self.folder / "denied.txt"
        numbers.write_text(DENIED_CARD_NUMBER.reveal() + "\n")
        build = ["denylist", "build", "--numbers", str(numbers), "--version", "1", "--out"]
        subprocess.run(
            [sys.executable, "-m", "provisioning", *build, str(self.folder / "deny.bin")],
            check=True,
            capture_output=True,
        )
        text = CONFIGURATION.format(
            terminal=TERMINAL, field=self.field.port, sam=self.sam_url, broker=self._broker_port
        )
        (self.folder / "bus.toml").write_text(text)

    def _start_terminal(self) -> None:
        command = [sys.executable, "-m", "firmware", "run", "--config", str(self.folder / "bus.toml")]
        self._process(command, "terminal", screen="screen.txt")
        _wait(lambda: "psam-ready" in self.log(), f"the terminal does not get ready:\n{self.log()}")
        online = self.witness.wait_for(lambda: any("/status" in topic for topic in self.witness.topics), PATIENCE)
        if not online:
            raise RuntimeError(f"the reporter does not reach the broker:\n{self.log()}")

    def _process(self, command: list[str], name: str, screen: str | None = None) -> None:
        log = self._parts.enter_context((self.folder / f"{name}.log").open("wb"))
        output = self._parts.enter_context((self.folder / screen).open("wb")) if screen else log
        process = subprocess.Popen(command, stdout=output, stderr=log, stdin=subprocess.DEVNULL)
        self._parts.callback(_end, process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(condition: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            raise RuntimeError(otherwise)
        time.sleep(0.02)  # the pause between two looks, not a guess at how long it takes


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
