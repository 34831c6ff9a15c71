"""The composition root of the reporter process: from the configuration to a running reporter."""

import socket
import threading

from firmware import __version__
from firmware.config import Config, required
from firmware.errors import NetworkError
from firmware.report.reporter import run_reporter
from firmware.report.settings import BrokerAddress, ReporterSettings

#: How long `rongtong check` waits for the broker, in seconds.
PROBE_SECONDS = 3.0


def run(config: Config, stop: threading.Event) -> None:
    """Report until `stop` is set. Raises ConfigurationError; a broker that is away is waited for."""
    config.terminal.state.mkdir(parents=True, exist_ok=True)
    run_reporter(settings_of(config), stop)


def settings_of(config: Config) -> ReporterSettings:
    """What the reporter needs of the configuration."""
    mqtt = required(config.mqtt, "mqtt", config.terminal.role)
    return ReporterSettings(
        terminal_id=config.terminal.id,
        state_dir=config.terminal.state,
        url=mqtt.url,
        ca=mqtt.ca,
        certificate=mqtt.certificate,
        key=mqtt.key,
        telemetry_s=round(mqtt.telemetry_s),
        software=__version__,
    )


def probe(config: Config) -> str:
    """Whether the broker takes connections. Raises NetworkError when it does not."""
    broker = BrokerAddress.from_url(settings_of(config).url)
    try:
        with socket.create_connection((broker.host, broker.port), PROBE_SECONDS):
            return f"{broker.host}:{broker.port} takes connections"
    except OSError as error:
        raise NetworkError(f"the broker at {broker.host}:{broker.port} cannot be reached: {error.strerror}") from error
