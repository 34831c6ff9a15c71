"""The `rongtong` command: what may be said on its command line, and who does it.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage or configuration. Only what a command needs is imported.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from firmware import __version__
from firmware.errors import ConfigurationError, RongtongError

Command = Callable[[argparse.Namespace], int]
Words: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - argparse gives it no other name


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    options = _parser().parse_args(arguments)
    command: Command = options.command
    try:
        return command(options)
    except ConfigurationError as error:
        return _say(error, 2)
    except RongtongError as error:
        return _say(error, 1)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1


def _say(error: RongtongError, code: int) -> int:
    print(f"rongtong: {error}. {error.remedy}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rongtong", description="A contactless terminal for the card of a city.")
    parser.add_argument("--version", action="version", version=f"rongtong {__version__}")
    words = parser.add_subparsers(metavar="COMMAND", required=True)
    _run(words)
    _check(words)
    _card(words)
    _journal(words)
    _denylist(words)
    return parser


def _run(words: Words) -> None:
    word = words.add_parser("run", help="be a terminal: serve cards, and report what happened")
    _config(word)
    word.add_argument("--only", choices=("terminal", "reporter"), help="one of the two processes (default: both)")
    word.set_defaults(command=_lazily("run", "run"))


def _check(words: Words) -> None:
    word = words.add_parser("check", help="validate the configuration and try every part")
    _config(word, required=False)
    word.add_argument("--explain", metavar="KEY", help="say what a configuration key may hold, for example mqtt.url")
    _output(word)
    word.set_defaults(command=_lazily("check", "check"))


def _card(words: Words) -> None:
    card = words.add_parser("card", help="look at the card on a reader").add_subparsers(metavar="WHAT", required=True)
    word = card.add_parser("show", help="read the card; nothing on it changes")
    word.add_argument("--reader", metavar="URL", required=True, help="reader with the card, for example nfcpy:usb")
    word.add_argument("--sam", metavar="URL", help="reader with the PSAM")
    word.add_argument("--reveal", action="store_true", help="whole numbers and journeys instead of masks")
    word.add_argument("--wait", metavar="SECONDS", type=float, default=5.0, help="how long to wait for a card (5)")
    _output(word)
    word.set_defaults(command=_lazily("card", "show"))


def _journal(words: Words) -> None:
    journal = words.add_parser("journal", help="look into the journal").add_subparsers(metavar="WHAT", required=True)
    listing = journal.add_parser("list", help="what is stored, newest last")
    _config(listing)
    listing.add_argument("--last", metavar="N", type=int, default=50, help="how many rows (50)")
    _output(listing)
    listing.set_defaults(command=_lazily("journal", "show_rows"))
    verify = journal.add_parser("verify", help="whether the chain of rows is whole")
    _config(verify)
    _output(verify)
    verify.set_defaults(command=_lazily("journal", "verify"))


def _denylist(words: Words) -> None:
    denylist = words.add_parser("denylist", help="ask the deny list").add_subparsers(metavar="WHAT", required=True)
    word = denylist.add_parser("check", help="exit 0: not listed, 1: listed")
    _config(word)
    word.add_argument("card_number", metavar="CARD_NUMBER", help="19 or 20 digits")
    word.set_defaults(command=_lazily("denylist", "check"))


def _config(word: argparse.ArgumentParser, *, required: bool = True) -> None:
    word.add_argument("--config", metavar="FILE", type=Path, required=required, help="the terminal's configuration")


def _output(word: argparse.ArgumentParser) -> None:
    word.add_argument("--json", action="store_true", help="one JSON document on standard output")
    word.add_argument("--lang", choices=("zh-CN", "en"), default="zh-CN", help="language of tables (zh-CN)")


def _lazily(module: str, function: str) -> Command:
    def command(options: argparse.Namespace) -> int:
        from importlib import import_module

        done: int = getattr(import_module(f"firmware.commands.{module}"), function)(options)
        return done

    return command
