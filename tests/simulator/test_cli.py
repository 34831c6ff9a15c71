import json
import signal
import socket
import subprocess
import sys
import types
from pathlib import Path

import pytest

from simulator import cli
from simulator.cli import main
from simulator.keys import TEST_KEYS

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "import sys; from simulator.cli import main; sys.exit(main())"]
#: SENS_REQ of type A and its answers for UIDs of four and seven bytes, as nfcpy's udp driver writes them.
SENS_REQ, SENS_RES_SHORT, SENS_RES_LONG = b"106A 26", b"106A 0400", b"106A 4400"
ANSWER_SECONDS = 10.0


def free_port():
    """A TCP port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize(
    ("name", "answer", "number"),
    [("card adult", SENS_RES_LONG, signal.SIGINT), ("sam transit", SENS_RES_SHORT, signal.SIGTERM)],
)
def test_a_device_says_when_it_is_ready_answers_on_its_field_and_ends_by_signal(name, answer, number):
    command = [*COMMAND, *name.split(), "--on", "udp:0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline().strip()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reader:
            reader.settimeout(ANSWER_SECONDS)
            reader.sendto(SENS_REQ, ("127.0.0.1", int(line.rsplit(":", 1)[1])))
            heard = reader.recv(64)
        process.send_signal(number)
        rest, errors = process.communicate(timeout=ANSWER_SECONDS)
    assert line.startswith(f"ready: {name} on udp:")
    assert (heard, rest, errors, process.returncode) == (answer, "", "", 0)


def test_a_udp_port_that_is_taken_is_one_sentence_and_exit_1():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        command = [*COMMAND, "card", "adult", "--on", f"udp:{port}"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    expected = f"rongtong-sim: udp port {port} cannot be used: Address already in use\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)


def test_a_card_that_is_thrown_out_ends_the_command_with_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(cli, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr("simulator.readers.udp.UdpField.empty", lambda field: True)
    assert main(["card", "adult", "--on", "udp:0"]) == 1
    assert "has let go of the card adult" in capsys.readouterr().err


@pytest.fixture(autouse=True)
def _signals():
    """The command takes over the signals of its process, which here is the test's."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("device", [["card", "adult"], ["sam", "transit"]])
def test_without_a_reader_there_is_one_sentence_and_exit_1(device, capsys):
    assert main([*device, "--on", f"vpcd:{free_port()}"]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "is pcscd running?" in err


def test_the_virtual_chip_is_not_built_yet(capsys):
    assert main(["card", "adult", "--on", "pn532:/dev/pts/3"]) == 1
    assert "not built yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "hint"),
    [(["card", "bank", "--on", "udp:0"], "adult, student"), (["sam", "social", "--on", "udp:0"], "transit")],
)
def test_a_profile_that_does_not_exist_is_answered_with_those_that_do(argv, hint, capsys):
    assert main(argv) == 2
    assert hint in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["card", "adult"],
        ["card", "adult", "--on", "usb"],
        ["card", "adult", "--on", "udp:0", "--balance", "-1"],
        ["card", "adult", "--on", "udp:0", "--balance", "2147483648"],
        ["card", "adult", "--on", "udp:0", "--algorithm", "AES"],
    ],
)
def test_wrong_usage_ends_with_2(argv, capsys):
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    assert "usage: rongtong-sim" in capsys.readouterr().err


def test_options_reach_the_card(monkeypatch, tmp_path):
    opened = []
    monkeypatch.setattr(cli, "_serve", lambda device, *rest: opened.append((device, *rest)) or 0)
    options = ["--algorithm", "SM4", "--technology", "B", "--balance", "123", "--state", str(tmp_path / "card")]
    assert main(["card", "senior", "--on", "vpcd", *options]) == 0
    card, place, port, name = opened[0]
    found = (card.algorithm.value, card.identity.technology.value, card.balance, place.kind, port, name)
    assert found == ("SM4", "ISO14443-4B", 123, "vpcd", 35963, "card senior")


def test_the_test_keys_are_printed_for_people_and_for_programs(capsys):
    assert main(["keys"]) == 0
    table = capsys.readouterr().out
    assert main(["keys", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    rows = [{"name": key.name, "use": key.use, "key": key.key.hex().upper()} for key in TEST_KEYS]
    assert document["keys"] == rows
    assert all(row["key"] in table and row["name"] in table for row in rows)


def test_the_tour_is_started_when_it_is_asked_for(monkeypatch):
    asked = []
    tour = types.ModuleType("simulator.tour")
    tour.main = lambda arguments: asked.append((arguments.name, arguments.headless)) or 7
    monkeypatch.setitem(sys.modules, "simulator.tour", tour)
    assert (main(["tour"]), main(["tour", "bus", "--headless"])) == (7, 7)
    assert asked == [(None, False), ("bus", True)]
