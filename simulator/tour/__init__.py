"""The tour: a whole bus terminal on virtual hardware, with real reader drivers, a real broker and its own witness."""

import argparse
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from simulator.tour.headless import run_steps
from simulator.tour.live import watch
from simulator.tour.stand import Stand

#: Where Debian keeps daemons, which an ordinary user's PATH leaves out.
SBIN = "/usr/sbin:/usr/local/sbin"


def main(options: argparse.Namespace) -> int:
    """Show the terminal, or check it: 0 when every step came out as it should."""
    if options.name not in (None, "bus"):
        print(f"rongtong-sim: there is no tour {options.name!r}; there is: bus", file=sys.stderr)
        return 2
    mosquitto = shutil.which("mosquitto") or shutil.which("mosquitto", path=SBIN)
    if mosquitto is None:
        print("rongtong-sim: the tour needs a broker: install the Debian package mosquitto", file=sys.stderr)
        return 1
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="rongtong-tour-")))
        stand = parts.enter_context(Stand(folder, mosquitto))
        if options.headless or not sys.stdin.isatty():
            return run_steps(stand)
        return watch(stand)
