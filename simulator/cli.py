"""The `rongtong-sim` command: virtual cards and secure modules on real reader stacks, the tour, the TEST keys."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from firmware.errors import ConfigurationError, ReaderLost, RongtongError
from simulator.cards.port import VirtualCard
from simulator.cards.profiles import PROFILES, open_card
from simulator.cards.state import LARGEST_BALANCE
from simulator.keys import TEST_KEYS
from simulator.places import Place, lay
from simulator.sam import SAM_PROFILES, Counting, open_sam

#: The slots of Debian's vpcd package: the card in the first, the PSAM in the second.
CARD_PORT, SAM_PORT = 35963, 35964
#: How often a process looks whether its card has been thrown out, in seconds.
LOOK_SECONDS = 0.5
REFUSED, WRONG_USAGE = 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, 1 for what failed, 2 for wrong usage."""
    arguments = parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except RongtongError as error:
        print(f"rongtong-sim: {error}", file=sys.stderr)
        return WRONG_USAGE if isinstance(error, ConfigurationError) else REFUSED
    return status


def parser() -> argparse.ArgumentParser:
    """The command's grammar."""
    top = argparse.ArgumentParser("rongtong-sim", description="Virtual hardware and hosts, all under TEST keys.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    _add_tour(commands.add_parser("tour", help="the terminal on virtual hardware, with cards tapped on it"))
    _add_card(commands.add_parser("card", help="a virtual card behind a real reader stack"))
    _add_sam(commands.add_parser("sam", help="a virtual PSAM behind a real reader stack"))
    keys = commands.add_parser("keys", help="print the TEST keys")
    keys.add_argument("--json", action="store_true", help="one JSON document")
    keys.set_defaults(run=_keys)
    return top


def _add_tour(tour: argparse.ArgumentParser) -> None:
    tour.add_argument("name", nargs="?", metavar="NAME", help="one tour only")
    tour.add_argument("--headless", action="store_true", help="the fixed tour, which checks every step")
    tour.set_defaults(run=_tour)


def _add_card(card: argparse.ArgumentParser) -> None:
    card.add_argument("profile", metavar="PROFILE", help=", ".join(PROFILES))
    _add_place(card, "vpcd[:PORT], udp:PORT or pn532:LINK")
    card.add_argument("--algorithm", choices=("3DES", "SM4"), default="3DES", help="what it calculates with")
    card.add_argument("--technology", choices=("A", "B"), default="A", help="ISO/IEC 14443 type")
    card.add_argument("--balance", type=_fen, metavar="FEN", help="money on a new card (a kept one has its own)")
    card.set_defaults(run=_card)


def _add_sam(sam: argparse.ArgumentParser) -> None:
    sam.add_argument("profile", metavar="PROFILE", help=", ".join(SAM_PROFILES))
    _add_place(sam, "vpcd[:PORT] or udp:PORT")
    counting = [way.value for way in Counting]
    sam.add_argument("--counting", choices=counting, default=counting[0], help="the command that raises the sequence")
    sam.set_defaults(run=_sam)


def _add_place(command: argparse.ArgumentParser, places: str) -> None:
    command.add_argument("--on", required=True, type=_place, metavar="PLACE", help=places)
    command.add_argument("--state", type=Path, metavar="FILE", help="keeps it between runs")


def _place(text: str) -> Place:
    try:
        return Place.from_text(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is none of vpcd[:PORT], udp:PORT, pn532:LINK") from None


def _fen(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= LARGEST_BALANCE):
        raise argparse.ArgumentTypeError(f"{text!r} is no amount in fen")
    return int(text)


def _tour(arguments: argparse.Namespace) -> int:
    status: int = import_module("simulator.tour").main(arguments)
    return status


def _card(arguments: argparse.Namespace) -> int:
    card = open_card(
        arguments.profile,
        arguments.state,
        algorithm=arguments.algorithm,
        technology=arguments.technology,
        balance_fen=arguments.balance,
    )
    return _serve(card, arguments.on, CARD_PORT, f"card {arguments.profile}")


def _sam(arguments: argparse.Namespace) -> int:
    sam = open_sam(arguments.profile, arguments.state, counting=Counting(arguments.counting))
    return _serve(sam, arguments.on, SAM_PORT, f"sam {arguments.profile}")


def _serve(device: VirtualCard, place: Place, usual_port: int, name: str) -> int:
    """Let the device lie there until SIGINT or SIGTERM; one line says when it does."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with lay(device, place, usual_port) as lying:
        print(f"ready: {name} on {lying.name}", flush=True)
        while not stop.wait(LOOK_SECONDS):
            if not lying.still():
                raise ReaderLost(f"{lying.name} has let go of the {name}; start its reader and this command again")
    return 0


def _keys(arguments: argparse.Namespace) -> int:
    rows = [{"name": key.name, "use": key.use, "key": key.key.hex().upper()} for key in TEST_KEYS]
    if arguments.json:
        print(json.dumps({"warning": "TEST keys, known to everybody", "keys": rows}, indent=2))
        return 0
    print("TEST keys, known to everybody: they protect nothing.")
    for row in rows:
        print(f"{row['name']:<6}{row['key']:<34}{row['use']}")
    return 0
