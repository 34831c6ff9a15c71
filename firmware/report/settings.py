"""What a reporter is told, and the broker's address."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from firmware.errors import ConfigurationError

#: Ports of MQTT without and with TLS (IANA).
PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class ReporterSettings:
    """`ca`, `certificate`, `key`: PEM files, for mqtts only; without `ca` the system's authorities are believed.

    `retry_first_s` and `retry_longest_s` bound the pauses after a lost connection and after a refused event;
    `resend_s`: a collector that confirms but has not confirmed everything is sent the rest again after so long.
    """

    terminal_id: str
    state_dir: Path
    url: str
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    telemetry_s: int = 60
    software: str = ""
    retry_first_s: float = 1.0
    retry_longest_s: float = 60.0
    resend_s: float = 60.0


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker is."""

    host: str
    port: int
    tls: bool

    @classmethod
    def from_url(cls, url: str) -> "BrokerAddress":
        """`mqtt://host[:port]`, `mqtts://host[:port]`. Raises ConfigurationError."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise ConfigurationError("mqtt.url", f"is no address: {error}") from error
        if parts.scheme not in PORTS or not host or parts.path.strip("/") or parts.query or parts.username:
            raise ConfigurationError("mqtt.url", "must be mqtt://host:port or mqtts://host:port")
        return cls(host, port or PORTS[parts.scheme], parts.scheme == "mqtts")
