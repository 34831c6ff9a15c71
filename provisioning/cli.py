"""The `rongtong-provision` command: what technicians and operators do beside the terminal.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage or input.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from firmware import __version__
from firmware.errors import ConfigurationError, RongtongError
from provisioning import denylists


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        print(options.command(options))
        return 0
    except RongtongError as error:
        print(f"rongtong-provision: {error}. {error.remedy}", file=sys.stderr)
        return 2 if isinstance(error, ConfigurationError) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rongtong-provision", description="Prepare terminals and what they are told.")
    parser.add_argument("--version", action="version", version=f"rongtong-provision {__version__}")
    words = parser.add_subparsers(metavar="COMMAND", required=True)
    denylist = words.add_parser("denylist", help="deny lists").add_subparsers(metavar="WHAT", required=True)
    build = denylist.add_parser("build", help="make a deny list from card numbers")
    build.add_argument("--numbers", metavar="FILE", type=Path, required=True, help="card numbers, one a line")
    build.add_argument("--version", metavar="N", dest="number", type=int, required=True, help="version of the list")
    build.add_argument("--out", metavar="FILE", type=Path, required=True, help="the list to write")
    build.set_defaults(command=lambda options: denylists.build(options.numbers, options.number, options.out))
    verify = denylist.add_parser("verify", help="whether a deny list is whole")
    verify.add_argument("file", metavar="FILE", type=Path)
    verify.set_defaults(command=lambda options: denylists.verify(options.file))
    return parser
