"""Says in plain words what a key may hold, from the same annotations that check it."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import msgspec
from msgspec import inspect

from firmware.config.sections import Config
from firmware.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the file: its name as section.key, its field and the sentence that says what it means."""

    name: str
    field: inspect.Field
    meaning: str
    words: str
    secret: bool


def section_names() -> list[str]:
    """The names of all sections, in the order of the documentation."""
    return list(Config.__struct_fields__)


def keys() -> list[str]:
    """The names of all keys as `section.key`, in the order of the documentation."""
    return [key.name for key in _known()]


def find(name: str) -> Key:
    """The key of that name. Raises ConfigurationError that suggests the nearest one."""
    for key in _known():
        if key.name == name:
            return key
    raise ConfigurationError(name, "unknown key" + nearest(name, keys()))


def nearest(name: str, candidates: list[str]) -> str:
    """`"; did you mean fare_fen?"`, or nothing when no candidate is near."""
    found = get_close_matches(name, candidates, n=1)
    return f"; did you mean {found[0]}?" if found else ""


def explain(name: str) -> str:
    """What a key is for, what it may hold and what holds where it is absent.

    Raises ConfigurationError for an unknown key, with the nearest known one.
    """
    key = find(name)
    return f"{key.name}: {key.meaning}\n  holds: {key.words}\n  default: {_default(key.field)}"


def effective(config: Config) -> list[tuple[str, str]]:
    """Every key with its value in this configuration, for the log; where a secret lies is not told."""
    return [(key.name, _shown(key, _value(config, key.name))) for key in _known()]


def _value(config: Config, name: str) -> object:
    section, _, key = name.partition(".")
    return getattr(getattr(config, section), key, None)


def _shown(key: Key, value: object) -> str:
    if value is None:
        return "none"
    return "set" if key.secret else _literal(value)


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {part}" for name, part in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(str(part) for part in value) + "]"
    return str(value)


def _default(field: inspect.Field) -> str:
    if field.required:
        return "none, the key must be given"
    if field.default_factory is not msgspec.NODEFAULT:
        return "empty"
    return "absent" if field.default is None else _literal(field.default)


def _known() -> Iterator[Key]:
    for section in inspect.type_info(Config).fields:  # type: ignore[attr-defined]
        for field in _struct_of(section.type).fields:
            yield _key(f"{section.name}.{field.name}", field)


def _struct_of(kind: inspect.Type) -> inspect.StructType:
    members = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    return next(member for member in members if isinstance(member, inspect.StructType))


def _key(name: str, field: inspect.Field) -> Key:
    schema, extra = {}, {}
    if isinstance(field.type, inspect.Metadata):
        schema, extra = field.type.extra_json_schema or {}, field.type.extra or {}
    unit = f" ({extra['unit']})" if "unit" in extra else ""
    return Key(name, field, schema["description"], describe(field.type) + unit, bool(extra.get("secret")))


def describe(kind: inspect.Type) -> str:
    """A type in plain words: `a whole number from 0 to 65535`."""
    match kind:
        case inspect.Metadata(type=inner, extra=extra):
            return str(extra["words"]) if extra and "words" in extra else describe(inner)
        case inspect.UnionType(types=members):
            return " or ".join(describe(member) for member in members if not isinstance(member, inspect.NoneType))
        case inspect.IntType():
            return "a whole number" + _bounds(kind)
        case inspect.FloatType():
            return "a number" + _bounds(kind)
        case inspect.BoolType():
            return "true or false"
        case inspect.LiteralType(values=values):
            return "one of " + ", ".join(str(value) for value in values)
        case inspect.DictType(key_type=name, value_type=value):
            return f"a table: {describe(name)} = {describe(value)}"
        case inspect.VarTupleType(item_type=item):
            return f"a list, each {describe(item)}"
        case inspect.CustomType(cls=cls) if cls is Path:
            return "a path; a relative one starts at the directory of the configuration file"
        case _:
            return "text"


def _bounds(kind: inspect.IntType | inspect.FloatType) -> str:
    return f" from {kind.ge} to {kind.le}"
