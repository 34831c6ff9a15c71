"""What a virtual device remembers when its process is killed: the state before or the state after, never a mixture."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from firmware.errors import ConfigurationError
from simulator.cards.profiles import open_card
from simulator.cards.state import Lock
from simulator.memory import Memory
from simulator.sam import SamState, open_sam
from tests.simulator.terminal import Tap

ROOT = Path(__file__).parents[2]
#: Runs one purchase; the n-th call of the named function during the debit is the moment of the kill.
KILLED = """
import os, signal, sys
from pathlib import Path
from simulator.cards.profiles import open_card
from simulator.sam import open_sam
from tests.simulator.terminal import Tap

file, where, when, number = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
tap = Tap(open_card("adult", file), open_sam("transit"))
for step in tap.steps[:-2]:
    step()
real, calls = getattr(os, where), 0

def deadly(*arguments, **options):
    global calls
    calls += 1
    if calls == number and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = real(*arguments, **options)
    if calls == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

setattr(os, where, deadly)
tap.debit()
print("not killed")
"""


@pytest.mark.parametrize(
    ("where", "when", "number", "debited"),
    [
        ("fsync", "before", 1, False),
        ("fsync", "after", 1, False),
        ("replace", "before", 1, False),
        ("replace", "after", 1, True),
        ("fsync", "before", 2, True),
        ("fsync", "after", 2, True),
    ],
)
def test_a_process_killed_while_it_commits_leaves_everything_or_nothing(tmp_path, where, when, number, debited):
    file = tmp_path / "card.json"
    Tap(open_card("adult", file), open_sam("transit"), amount=1000).run()
    before = open_card("adult", file).state
    command = [sys.executable, "-c", KILLED, str(file), where, when, str(number)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, ""), done.stderr
    card = open_card("adult", file)
    if debited:
        found = (card.balance, card.offline_sequence, len(card.records), len(card.journeys), card.state.proof.sequence)
        assert found == (3820, 2, 2, 2, 2)
    else:
        assert card.state == before
    Tap(card, open_sam("transit")).run()


def test_a_state_survives_its_file_whole(tmp_path):
    file = tmp_path / "card.json"
    card = open_card("adult", file)
    Tap(card, open_sam("transit")).run()
    card._memory.commit(replace(card.state, lock=Lock.TEMPORARY, mac_tries=1, overdraft=5))
    assert open_card("adult", file).state == card.state
    assert list(tmp_path.iterdir()) == [file]


def test_without_a_file_nothing_is_kept():
    Tap(open_card("adult"), open_sam("transit")).run()
    assert open_card("adult").balance == 5000


@pytest.mark.parametrize("options", [{"profile": "student"}, {"profile": "adult", "algorithm": "SM4"}])
def test_a_state_file_of_another_card_is_refused(tmp_path, options):
    file = tmp_path / "card.json"
    Tap(open_card("adult", file), open_sam("transit")).run()
    with pytest.raises(ConfigurationError, match="another card or PSAM"):
        open_card(state=file, **options)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b'{"device": "test", "state": {"sequence": "x"}}'])
def test_a_damaged_state_file_is_refused_by_name(tmp_path, content):
    file = tmp_path / "sam.json"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"sam\.json"):
        Memory(SamState(), "test", file)
