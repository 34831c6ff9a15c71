"""What production mode refuses: each with its own message."""

from collections.abc import Iterator

from firmware.config.sections import Config
from firmware.errors import ConfigurationError


def check_production(config: Config) -> list[ConfigurationError]:
    """Everything in a configuration that a terminal in production must not have; nothing in test mode."""
    if config.terminal.mode != "production":
        return []
    return [*_simulated(config), *_traffic(config), *_plain_link(config)]


def _simulated(config: Config) -> Iterator[ConfigurationError]:
    for name, section in (("reader", config.reader), ("sam", config.sam)):
        if section is not None and section.url.startswith("sim:"):
            yield ConfigurationError(f"{name}.url", 'is simulated; mode = "production" needs a real reader')


def _traffic(config: Config) -> Iterator[ConfigurationError]:
    if config.terminal.log == "traffic":
        yield ConfigurationError("terminal.log", 'shows raw bytes, which mode = "production" refuses; write debug')


def _plain_link(config: Config) -> Iterator[ConfigurationError]:
    if config.mqtt is not None and config.mqtt.url.startswith("mqtt:"):
        yield ConfigurationError("mqtt.url", 'is not encrypted, which mode = "production" refuses; write mqtts://')
