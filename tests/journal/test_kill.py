import random
import signal
import subprocess
import sys

from firmware.journal.reader import JournalReader
from tests.journal.rows import open_journal

WRITER = """
import sys
from pathlib import Path
from tests.journal.rows import open_journal, tap
journal = open_journal(Path(sys.argv[1]))
last = journal.last_row()
number = last.sequence if last else 0
while True:
    tickets = [journal.begin(tap(number := number + 1)) for _ in range(3)]
    for ticket in tickets:
        ticket.wait()
    print(number, flush=True)
"""


def test_every_row_that_was_acknowledged_outlives_the_kill_of_the_process(tmp_path) -> None:
    path, acknowledged = tmp_path / "journal.db", 0
    for _ in range(5):
        command = [sys.executable, "-c", WRITER, path]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for _ in range(random.randint(1, 60)):
                acknowledged = int(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
            for line in process.stdout:
                acknowledged = int(line)
        with JournalReader.open(path) as reader:
            result = reader.verify()
            assert result.ok
            assert result.events >= acknowledged
    with open_journal(path) as journal:
        assert [row.sequence for row in journal.rows()] == list(range(1, result.events + 1))
