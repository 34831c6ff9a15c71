"""Measure everything, print a table, write build/bench.json."""

import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import commands, commits, sm

OUTPUT = Path("build/bench.json")


def main() -> None:
    figures = {**commands.measure(), **commits.measure(), **sm.measure()}
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(figures, indent=2) + "\n")
    table = Table("name", "value", "unit", "floor", "ratio")
    for name, figure in figures.items():
        table.add_row(name, *(_shown(figure[key]) for key in ("value", "unit", "floor", "ratio")))
    Console().print(table)


def _shown(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else "-" if value is None else str(value)


if __name__ == "__main__":
    main()
