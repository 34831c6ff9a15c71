"""How commands print: one JSON document, or tables in the reader's language."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

#: Text key → (zh-CN, en).
Labels = Mapping[str, tuple[str, str]]


def print_json(document: object) -> None:
    """One JSON document, indented, on standard output."""
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")


def label(labels: Labels, language: str, key: str) -> str:
    """A text in the language; a key without a text stands for itself."""
    chinese, english = labels.get(key, (key, key))
    return english if language == "en" else chinese


def print_table(labels: Labels, language: str, title: str, rows: Mapping[str, Any]) -> None:
    """Names and values."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=label(labels, language, title), title_justify="left", show_header=False)
    for key, value in rows.items():
        table.add_row(label(labels, language, key), "-" if value is None else str(value))
    Console().print(table)


def print_rows(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table with a head."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
