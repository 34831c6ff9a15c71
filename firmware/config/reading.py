"""From bytes to a `Config`, or to one ConfigurationError that names section.key and says what to write there."""

import re
import tomllib
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from firmware.config.production import check_production
from firmware.config.sections import ROLE_NEEDS, Config, missing_section
from firmware.config.words import find, keys, nearest, section_names
from firmware.errors import ConfigurationError

#: The part of msgspec's message that says where: `$.transit.issuers[0]`, `key in $.transit.concessions`.
PLACE = re.compile(r"`\$\.(\w+)(?:\.(\w+))?")
MISSING = re.compile(r"missing required field `(\w+)`")
#: A configuration is a page of text; anything larger is the wrong file.
LARGEST_FILE = 1 << 20

#: The keys of [panel] that each need a GPIO of their own.
PINS = ("red", "green", "buzzer", "gate", "emergency")

#: A table as TOML gives it; what it holds is unknown until it has been checked.
Table = dict[str, Any]


def load(path: Path) -> Config:
    """Read a configuration file.

    Raises ConfigurationError for a file that cannot be read, for anything `parse` refuses, and in production mode for
    the first thing that `check_production` refuses.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigurationError("", f"{path} cannot be read: {error.strerror}") from error
    config = parse(text, path.parent)
    for refused in check_production(config):
        raise refused
    return config


def parse(text: bytes, directory: Path = Path()) -> Config:
    """Any bytes become a Config or a ConfigurationError; relative paths start at the directory."""
    table = _table(text)
    _refuse_unknown(table)
    try:
        config = msgspec.convert(table, Config, dec_hook=_path_from(directory))
    except msgspec.ValidationError as error:
        raise _in_plain_words(str(error), table) from error
    for check in CHECKS:
        for problem in check(config):
            raise problem
    return config


def _table(text: bytes) -> Table:
    if len(text) > LARGEST_FILE:
        raise ConfigurationError("", f"the file is no configuration: it has {len(text)} bytes")
    try:
        return tomllib.loads(text.decode())
    except UnicodeDecodeError as error:
        raise ConfigurationError("", f"the file is not UTF-8 text: byte {error.start} is wrong") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError("", f"the file is not TOML: {error}") from error
    except (ValueError, RecursionError) as error:  # a number of 5000 digits, a date that is none, 1000 nested lists
        raise ConfigurationError("", "the file holds a value that no configuration can have") from error


def _refuse_unknown(table: Table) -> None:
    known = keys()
    for section, content in table.items():
        if section not in section_names():
            raise ConfigurationError(section, "unknown section" + nearest(section, section_names()))
        if not isinstance(content, dict):
            raise ConfigurationError(section, f"must be a section: write [{section}] and its keys below")
        names = [name.partition(".")[2] for name in known if name.startswith(f"{section}.")]
        for name in content:
            if name not in names:
                raise ConfigurationError(f"{section}.{name}", "unknown key" + nearest(name, names))


def _path_from(directory: Path) -> Callable[[type, object], object]:
    def convert(_kind: type, value: object) -> object:
        if not isinstance(value, str) or not value or "\0" in value:
            raise ValueError("not a path")
        return directory / value

    return convert


def _in_plain_words(message: str, table: Table) -> ConfigurationError:
    """msgspec's message in words an operator knows; the offending value is not repeated: it may be a secret."""
    missing, place = MISSING.search(message), PLACE.search(message)
    if missing and place is None:
        return ConfigurationError(missing[1], f"the section [{missing[1]}] is missing")
    if place is None:  # cannot be: sections and names were checked before
        return ConfigurationError("", message)
    section, name = place.groups()
    if missing:
        key = find(f"{section}.{missing[1]}")
        return ConfigurationError(key.name, f"is missing; it must be {key.words}")
    key = find(f"{section}.{name}")
    return ConfigurationError(key.name, f"must be {key.words}, not {_sort(table[section][name])}")


def _sort(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return str(value) if abs(value) < 1e12 else "this number"
        case str():
            return "this text"
        case dict():
            return "this table"
        case list():
            return "this list"
        case _:
            return "a date or time"


def _role_has_its_sections(config: Config) -> Iterator[ConfigurationError]:
    for name in ROLE_NEEDS.get(config.terminal.role, ()):
        if getattr(config, name) is None:
            yield missing_section(name, config.terminal.role)


def _broker_can_be_reached_as_written(config: Config) -> Iterator[ConfigurationError]:
    if config.mqtt is None:
        return
    try:
        split = urlsplit(config.mqtt.url)
        usable = bool(split.hostname) and split.port != 0
    except ValueError:
        usable = False
    if not usable:
        yield ConfigurationError("mqtt.url", "names no host and port, as in mqtt://127.0.0.1:1883")


def _certificates_are_used(config: Config) -> Iterator[ConfigurationError]:
    mqtt = config.mqtt
    if mqtt is None:
        return
    if (mqtt.certificate is None) != (mqtt.key is None):
        absent = "mqtt.key" if mqtt.key is None else "mqtt.certificate"
        yield ConfigurationError(absent, "is missing; certificate and key belong together")
    if mqtt.url.startswith("mqtt:") and (mqtt.ca or mqtt.certificate):
        yield ConfigurationError("mqtt.url", "is not encrypted although certificates are given; write mqtts://")


def _pins_differ(config: Config) -> Iterator[ConfigurationError]:
    wired = [(name, getattr(config.panel, name)) for name in PINS]
    for (first, pin), (second, other) in combinations(wired, 2):
        if pin is not None and pin == other:
            yield ConfigurationError(f"panel.{second}", f"is GPIO {pin}, which panel.{first} uses already")


#: What no single key can tell; each gives the problems it sees.
CHECKS: tuple[Callable[[Config], Iterator[ConfigurationError]], ...] = (
    _role_has_its_sections,
    _broker_can_be_reached_as_written,
    _certificates_are_used,
    _pins_differ,
)
