"""`rongtong denylist check`."""

import argparse

from firmware import config as configuration
from firmware.denylist import DenyList, KeySpace, transit_key
from firmware.errors import ConfigurationError


def check(options: argparse.Namespace) -> int:
    """0 when the number is not listed, 1 when it is."""
    transit = configuration.load(options.config).transit
    if transit is None or transit.denylist is None:
        raise ConfigurationError("transit.denylist", "names no deny list")
    try:
        key = transit_key(options.card_number)
    except ValueError as error:
        raise ConfigurationError("", str(error)) from error
    with DenyList(transit.denylist, KeySpace.TRANSIT_NUMBER) as deny_list:
        listed = deny_list.holds(key)
    print("listed" if listed else "not listed")
    return int(listed)
