"""Everything a terminal may be told: typed, bounded, and checked completely before anything moves.

    config = load(Path("/etc/rongtong/terminal.toml"))
    explain("transit.fare_fen")

`sections` says what may be told, `reading` turns a file into a `Config` or one clear error, `words` says in plain
words what a key may hold, `production` holds what production mode refuses.
"""

from firmware.config.production import check_production
from firmware.config.reading import load, parse
from firmware.config.sections import (
    Config,
    MqttSection,
    PanelSection,
    ReaderSection,
    SamSection,
    TerminalSection,
    TransitSection,
    required,
)
from firmware.config.words import effective, explain, keys

__all__ = [
    "Config",
    "MqttSection",
    "PanelSection",
    "ReaderSection",
    "SamSection",
    "TerminalSection",
    "TransitSection",
    "check_production",
    "effective",
    "explain",
    "keys",
    "load",
    "parse",
    "required",
]
