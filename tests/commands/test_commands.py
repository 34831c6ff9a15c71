"""`rongtong` as a user types it, against a virtual card on a real reader driver."""

import json

import pytest

from firmware.cli import main
from provisioning.cli import main as provision
from simulator.cards.profiles import DENIED_CARD_NUMBER, open_card
from simulator.readers.udp import UdpField

CONFIG = """
[terminal]
id = "FZ-BUS-0001"
role = "bus"
mode = "test"
state = "state"
[reader]
url = "nfcpy:udp:127.0.0.1:9"
[sam]
url = "nfcpy:udp:127.0.0.1:9"
[mqtt]
url = "mqtt://127.0.0.1:1"
[transit]
city = "3910"
operator = "0001"
line = 15
acquirer = "12003910FFFFFFFF"
fare_fen = 200
denylist = "deny.bin"
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "bus.toml"
    path.write_text(CONFIG)
    return path


def show(card, capsys, *options):
    with UdpField() as field:
        field.put(card)
        url = f"nfcpy:udp:127.0.0.1:{field.port}"
        assert main(["card", "show", "--reader", url, "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)


def test_card_show_reveals_a_card_and_changes_nothing_on_it(capsys):
    card = open_card("adult")
    before = card.state
    document = show(card, capsys, "--reveal")
    assert card.state == before
    transit = document["applications"]["transit"]
    assert document["technology"] == "ISO14443-4A"
    assert {key: transit[key] for key in ("aid", "card_number", "serial", "city_code", "balance_fen", "records")} == {
        "aid": "A000000632010105",
        "card_number": "3105060099999900018",
        "serial": "03105060099999900018",
        "city_code": "3910",
        "balance_fen": 5000,
        "records": [],
    }


def test_card_show_masks_the_number_unless_revealed(capsys):
    document = show(open_card("adult"), capsys)
    assert "310506009999990" not in json.dumps(document)
    assert document["applications"]["transit"]["card_number"].endswith("0018")


def test_card_show_of_a_card_without_the_application_is_empty_and_no_error(capsys):
    assert show(open_card("old-purse"), capsys)["applications"] == {}


def test_card_show_without_a_card_says_so_and_fails(capsys):
    with UdpField() as field:
        assert main(["card", "show", "--reader", f"nfcpy:udp:127.0.0.1:{field.port}", "--wait", "0.1"]) == 1
    assert "no card came" in capsys.readouterr().err


def test_a_deny_list_is_built_verified_and_asked(config, capsys):
    numbers, out = config.with_name("numbers.txt"), config.with_name("deny.bin")
    numbers.write_text(f"# lost\n{DENIED_CARD_NUMBER.reveal()}\n")
    assert provision(["denylist", "build", "--numbers", str(numbers), "--version", "7", "--out", str(out)]) == 0
    assert provision(["denylist", "verify", str(out)]) == 0
    assert "version 7, 1 numbers, whole" in capsys.readouterr().out
    assert main(["denylist", "check", "--config", str(config), DENIED_CARD_NUMBER.reveal()]) == 1
    assert main(["denylist", "check", "--config", str(config), "3105060099999900018"]) == 0


def test_an_unknown_key_is_wrong_configuration_and_the_nearest_is_named(config, capsys):
    config.write_text(CONFIG.replace("fare_fen", "fair_fen"))
    assert main(["check", "--config", str(config)]) == 2
    assert "transit.fair_fen" in capsys.readouterr().err


def test_check_names_every_part_that_fails_with_its_remedy(config, capsys):
    assert main(["check", "--config", str(config), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    failed = {check["name"]: check["remedy"] for check in report["checks"] if not check["ok"]}
    assert report["ok"] is False
    assert set(failed) == {"reader", "sam", "broker"}
    assert all(failed.values())


def test_a_journal_that_does_not_exist_is_a_failure_in_one_sentence(config, capsys):
    assert main(["journal", "verify", "--config", str(config)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
