"""The whole terminal over real stacks: nfcpy's udp driver, and pcscd with vpcd; real journal, virtual card and PSAM."""

import threading
import time
from contextlib import ExitStack, contextmanager

import msgspec
import pytest

from firmware import config as configuration
from firmware import terminal
from firmware.clock import ManualClock
from firmware.errors import ConfigurationError, PanelError
from firmware.journal.reader import JournalReader
from firmware.masks import CardNumber
from simulator.cards.profiles import open_card
from simulator.crypto import Algorithm, PurchaseData
from simulator.keys import expected_tac
from simulator.readers.udp import UdpField
from simulator.readers.vpcd import VpcdReader
from simulator.sam import open_sam

#: Far above a tap and pcscd's polling, far below a person's patience with a test.
PATIENCE = 20.0

CONFIG = """
[terminal]
id = "FZ-BUS-0001"
role = "{role}"
mode = "test"
state = "{state}"
[reader]
url = "{reader}"
[sam]
url = "{sam}"
[mqtt]
url = "mqtt://127.0.0.1:1"
[transit]
city = "3910"
operator = "0001"
line = 15
acquirer = "12003910FFFFFFFF"
fare_fen = 200
"""


def settings(path, reader, sam, role="bus"):
    return configuration.parse(CONFIG.format(state=path, reader=reader, sam=sam, role=role).encode())


@contextmanager
def serving(config):
    stop = threading.Event()
    thread = threading.Thread(target=terminal.run, args=(config, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def taps(config, count):
    """The data of the first taps in the journal, once there are so many."""
    until = time.monotonic() + PATIENCE
    path = config.terminal.state / "journal.db"
    while time.monotonic() < until:
        journal = JournalReader.find(path)
        if journal is not None:
            with journal:
                found = [row for row in journal.events(0, 100) if row.event_kind == "tap"]
            if len(found) >= count:
                return [msgspec.json.decode(row.event_data) for row in found]
        threading.Event().wait(0.02)
    raise AssertionError(f"no {count} taps within {PATIENCE} s")


@contextmanager
def udp_stack():
    with UdpField() as cards, UdpField() as sams:
        sams.put(open_sam("transit"))
        yield f"nfcpy:udp:127.0.0.1:{cards.port}", f"nfcpy:udp:127.0.0.1:{sams.port}", cards.put


@contextmanager
def vpcd_stack():
    from tests import pcscd

    service = pcscd.running()
    with ExitStack() as parts:
        parts.enter_context(VpcdReader(open_sam("transit"), service.sam_port))
        yield (
            f"pcsc:{pcscd.CARD_SLOT}",
            f"pcsc:{pcscd.SAM_SLOT}",
            lambda card: parts.enter_context(VpcdReader(card, service.card_port)),
        )


def tap_once(path, stack, algorithm, technology):
    with stack() as (reader, sam, put):
        config = settings(path, reader, sam)
        with serving(config):
            card = open_card("adult", algorithm=algorithm, technology=technology)
            put(card)
            (data,) = taps(config, 1)
        assert card.balance == 4800
    with JournalReader.open(path / "journal.db") as journal:
        assert journal.verify().ok
    return data


def without_chance(data):
    """What two equal taps have in common."""
    return {key: value for key, value in data.items() if key not in ("transaction", "transaction_time", "duration_ms")}


def assert_paid(data, algorithm):
    moment = data["transaction_time"].translate(str.maketrans("", "", "-:T"))
    purchase = PurchaseData(
        amount=data["amount_fen"],
        type=9,
        terminal=bytes.fromhex(data["terminal_number"]),
        terminal_sequence=data["psam_sequence"],
        time=bytes.fromhex(moment),
    )
    issuer, number = bytes.fromhex(data["issuer_id"]), CardNumber(data["card_number"])
    tac = expected_tac(Algorithm(algorithm), issuer, number, purchase)
    assert without_chance(data) == {
        "outcome": "paid",
        "reason": None,
        "card_number": "3105060099999900018",
        "issuer_id": "01053910FFFFFFFF",
        "city_code": "3910",
        "amount_fen": 200,
        "balance_before_fen": 5000,
        "balance_after_fen": 4800,
        "offline_sequence": 0,
        "terminal_number": "391000000123",
        "psam_number": "00000000391000000123",
        "psam_sequence": 1,
        "type": "09",
        "tac": tac.hex().upper(),
        "key_version": 1,
        "key_index": 1,
        "algorithm": algorithm,
        "clock_trusted": data["clock_trusted"],
    }


@pytest.mark.parametrize("technology", ["A", "B"])
@pytest.mark.parametrize("algorithm", ["3DES", "SM4"])
def test_a_tap_over_udp_is_paid_and_its_tac_is_right(tmp_path, algorithm, technology):
    assert_paid(tap_once(tmp_path, udp_stack, algorithm, technology), algorithm)


@pytest.mark.pcsc
@pytest.mark.parametrize("technology", ["A", "B"])
@pytest.mark.parametrize("algorithm", ["3DES", "SM4"])
def test_the_same_tap_over_vpcd_is_paid_likewise(tmp_path, algorithm, technology):
    assert_paid(tap_once(tmp_path, vpcd_stack, algorithm, technology), algorithm)


def test_a_terminal_without_a_psam_refuses_to_sell_until_it_is_there(tmp_path):
    with UdpField() as cards, UdpField() as sams:
        config = settings(tmp_path, f"nfcpy:udp:127.0.0.1:{cards.port}", f"nfcpy:udp:127.0.0.1:{sams.port}")
        with serving(config):
            card = open_card("adult")
            cards.put(card)
            until = time.monotonic() + PATIENCE
            while not (tmp_path / "journal.db").exists() and time.monotonic() < until:
                threading.Event().wait(0.02)
            alarms = wait_for_alarm(config, "out-of-service-sam")
            assert card.balance == 5000
            cards.take()
            sams.put(open_sam("transit"))
            alarms = wait_for_alarm(config, "back-in-service-sam")
            assert [alarm["code"] for alarm in alarms] == ["out-of-service-sam", "back-in-service-sam"]
            cards.put(card)
            (data,) = taps(config, 1)
        assert (data["outcome"], card.balance) == ("paid", 4800)


def wait_for_alarm(config, code):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        journal = JournalReader.find(config.terminal.state / "journal.db")
        if journal is not None:
            with journal:
                rows = [row for row in journal.events(0, 100) if row.event_kind == "alarm"]
            alarms = [msgspec.json.decode(row.event_data) for row in rows]
            if any(alarm["code"] == code for alarm in alarms):
                return alarms
        threading.Event().wait(0.02)
    raise AssertionError(f"no alarm {code}")


def test_a_role_that_this_release_cannot_serve_is_refused_before_anything_opens(tmp_path):
    config = settings(tmp_path, "nfcpy:udp", "nfcpy:udp", role="kiosk")
    with pytest.raises(ConfigurationError, match="bus"):
        terminal.run(config, threading.Event())
    assert list(tmp_path.iterdir()) == []


def test_pins_that_this_machine_lacks_are_pretended_in_test_mode_only(tmp_path):
    text = CONFIG.format(state=tmp_path, reader="nfcpy:udp", sam="nfcpy:udp", role="bus") + "[panel]\ngreen = 17\n"
    with terminal.panel_of(configuration.parse(text.encode()), ManualClock()):
        pass
    production = text.replace('mode = "test"', 'mode = "production"').encode()
    with pytest.raises(PanelError):
        terminal.panel_of(configuration.parse(production), ManualClock())
