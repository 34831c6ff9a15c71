"""`rongtong check`: is the configuration right, and does every part of this terminal answer?"""

import argparse
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from firmware import config as configuration
from firmware.clock import BUILD_FLOOR, SystemClock
from firmware.commands.output import Labels, label, print_json, print_rows
from firmware.config import Config
from firmware.errors import ConfigurationError, InternalError, RongtongError

LABELS: Labels = {
    "title": ("自检", "Self-check"),
    "name": ("部件", "Part"),
    "ok": ("结果", "Result"),
    "detail": ("说明", "Detail"),
    "remedy": ("处理", "Remedy"),
    "good": ("正常", "ok"),
    "bad": ("故障", "failed"),
}


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def check(options: argparse.Namespace) -> int:
    """Try every part, or explain a key. 0 when all is well, 1 when a part fails, 2 when the configuration is wrong."""
    if options.explain:
        print(configuration.explain(options.explain))
        return 0
    if options.config is None:
        raise ConfigurationError("", "--config FILE or --explain KEY is needed")
    results = _try_all(configuration.load(options.config))
    ok = all(result.ok for result in results)
    if options.json:
        print_json({"ok": ok, "checks": results})
    else:
        _print(results, options.lang)
    return 0 if ok else 1


def _try_all(config: Config) -> list[Result]:
    return [_attempt(name, part, config) for name, part in PARTS.items()]


def _attempt(name: str, part: Callable[[Config], str], config: Config) -> Result:
    try:
        return Result(name, ok=True, detail=part(config))
    except RongtongError as error:
        return Result(name, ok=False, detail=str(error), remedy=error.remedy)


def _configuration(config: Config) -> str:
    return f"{config.terminal.id}, {config.terminal.role}, {config.terminal.mode}"


def _clock(_config: Config) -> str:
    clock = SystemClock()
    if clock.now() < BUILD_FLOOR:
        raise ConfigurationError("", f"the clock stands at {clock.now():%Y-%m-%d}, before this software was built")
    return f"{clock.now():%Y-%m-%d %H:%M:%S}, {'trusted' if clock.trusted() else 'not confirmed by RTC or NTP'}"


def _sm(_config: Config) -> str:
    from firmware.sm.selfcheck import self_check

    if problems := self_check():
        raise InternalError("; ".join(problems))
    return "SM3, SM4 and DES calculate what their standards print, and gmssl agrees"


def _journal(config: Config) -> str:
    from firmware.errors import JournalError
    from firmware.journal.reader import JournalReader

    path = config.terminal.state / "journal.db"
    journal = JournalReader.find(path)
    if journal is None:
        return "none yet; the terminal creates it when it starts"
    with journal:
        result = journal.verify()
    if not result.ok:
        raise JournalError(f"{path}: {result.problem}")
    return f"{result.rows} rows, chain whole"


def _reader(config: Config) -> str:
    from firmware.nfc.urls import open_reader

    url = configuration.required(config.reader, "reader", config.terminal.role).url
    with closing(open_reader(url)) as reader:
        card = reader.poll(0.0)
        if card is None:
            return f"{reader.name}, no card on it"
        card.release()
        return f"{reader.name}, a card lies on it"


def _sam(config: Config) -> str:
    from firmware.errors import SamLost
    from firmware.nfc.urls import open_reader
    from firmware.sam.psam import Psam

    url = configuration.required(config.sam, "sam", config.terminal.role).url
    with closing(Psam(lambda: open_reader(url), SystemClock())) as psam:
        psam.tend()
        if psam.identity is None:
            raise SamLost(str(psam.problem or "no PSAM answers"))
        return f"PSAM {psam.identity.psam_number.hex()}, terminal {psam.identity.terminal_number.hex()}"


def _panel(config: Config) -> str:
    from firmware.terminal import panel_of

    with panel_of(config, SystemClock()):
        return "lights, gate and screen can be switched"


def _broker(config: Config) -> str:
    from firmware import reporting

    return reporting.probe(config)


def _deny_list(config: Config) -> str:
    from firmware.denylist import DenyList, KeySpace

    path = config.transit.denylist if config.transit else None
    if path is None:
        return "none configured"
    if config.terminal.mode == "test" and not path.exists():
        return f"{path} does not exist: nobody is denied (test mode)"
    with DenyList(path, KeySpace.TRANSIT_NUMBER) as deny_list:
        return f"version {deny_list.version}, {deny_list.count} numbers"


PARTS: dict[str, Callable[[Config], str]] = {
    "configuration": _configuration,
    "clock": _clock,
    "sm": _sm,
    "journal": _journal,
    "reader": _reader,
    "sam": _sam,
    "panel": _panel,
    "broker": _broker,
    "denylist": _deny_list,
}


def _print(results: list[Result], language: str) -> None:
    columns = [label(LABELS, language, key) for key in ("name", "ok", "detail", "remedy")]
    rows = [
        [
            result.name,
            label(LABELS, language, "good" if result.ok else "bad"),
            result.detail,
            result.remedy,
        ]
        for result in results
    ]
    print_rows(label(LABELS, language, "title"), columns, rows)
