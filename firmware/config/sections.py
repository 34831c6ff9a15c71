"""The sections of the configuration file, their keys, and for each key its type, range, default and meaning.

Patterns end in `\\Z`, not `$`: `$` would let a line break pass at the end, and a terminal's name becomes part of MQTT
topics. A pattern is said in words beside it, because nobody reads regular expressions in an error message.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, TypeVar

from msgspec import Meta, Struct, field

from firmware.errors import ConfigurationError

S = TypeVar("S")

Role = Literal["bus", "metro", "kiosk", "library-desk", "library-gate", "pharmacy", "shop", "identity"]
#: The kinds of card that file 17 tells apart (JT/T 978), save the ordinary one, which always pays the whole fare.
Concession = Literal["student", "senior", "military", "test"]
#: BCM numbers of the 40-pin header.
BcmNumber: TypeAlias = Annotated[int, Meta(ge=0, le=27)]
IssuerId: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9A-F]{8}\Z", extra={"words": "8 upper-case hex digits"})]
Percent: TypeAlias = Annotated[int, Meta(ge=0, le=100)]

#: The sections that a role cannot work without.
ROLE_NEEDS: Mapping[str, tuple[str, ...]] = {"bus": ("reader", "sam", "mqtt", "transit")}


class TerminalSection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who this terminal is."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[A-Z0-9-]{1,32}\Z",
            description="Name of this terminal in topics, events and journals; unique in the operator's fleet.",
            extra={"words": "1 to 32 upper-case letters, digits and hyphens"},
        ),
    ]
    role: Annotated[Role, Meta(description="What the terminal is for; it decides which sections are needed.")]
    mode: Annotated[
        Literal["test", "production"],
        Meta(description="production refuses test keys, simulated readers, traffic logs and unencrypted links."),
    ] = "production"
    language: Annotated[Literal["zh-CN", "en"], Meta(description="Language of the texts on the screen.")] = "zh-CN"
    state: Annotated[Path, Meta(description="Directory of journal.db and reporter.db; must survive a power cut.")] = (
        Path("/var/lib/rongtong")
    )
    log: Annotated[
        Literal["error", "warning", "info", "debug", "traffic"],
        Meta(description="Least important level that is logged; traffic shows raw bytes and is for test mode only."),
    ] = "info"


class ReaderSection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The reader that passengers tap."""

    url: Annotated[
        str,
        Meta(
            pattern=r"^[a-z][a-z0-9+.-]*:.+\Z",
            description="Reader of the passengers' cards: nfcpy:PATH, pcsc:READER NAME, or sim:PROFILE in test mode.",
            extra={"words": "a reader address such as nfcpy:tty:AMA0:pn532"},
        ),
    ]


class SamSection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The slot of the secure module."""

    url: Annotated[
        str,
        Meta(
            pattern=r"^[a-z][a-z0-9+.-]*:.+\Z",
            description="Reader in which the PSAM sits; the same kinds of address as for reader.url.",
            extra={"words": "a reader address such as pcsc:PSAM 00 00"},
        ),
    ]


class MqttSection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The broker that takes the events."""

    url: Annotated[
        str,
        Meta(
            pattern=r"^mqtts?://[^/@?#\s]+/?\Z",
            description="Broker: mqtt://HOST:PORT, or mqtts://HOST:PORT for TLS. Holds no user name or password.",
            extra={"words": "mqtt://HOST:PORT or mqtts://HOST:PORT without a user name"},
        ),
    ]
    ca: Annotated[Path | None, Meta(description="File with the certificate authority of the broker (PEM).")] = None
    certificate: Annotated[Path | None, Meta(description="File with this terminal's certificate (PEM).")] = None
    key: Annotated[
        Path | None, Meta(description="File with the private key of the certificate (PEM).", extra={"secret": True})
    ] = None
    telemetry_s: Annotated[
        float, Meta(ge=1, le=86_400, description="Seconds between two telemetry messages.", extra={"unit": "s"})
    ] = 60.0


class TransitSection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The line, the fare and what the purse application is told."""

    city: Annotated[
        str,
        Meta(
            pattern=r"^[0-9]{4}\Z",
            description="City code of this terminal (GB 13497); cards of other cities must be interoperable.",
            extra={"words": "4 digits in quotes"},
        ),
    ]
    operator: Annotated[
        str,
        Meta(
            pattern=r"^[0-9A-F]{4}\Z",
            description="Operator code that is written into journey records.",
            extra={"words": "4 upper-case hex digits in quotes"},
        ),
    ]
    line: Annotated[int, Meta(ge=0, le=65_535, description="Number of the line.")]
    station: Annotated[int, Meta(ge=0, le=65_535, description="Number of the stop or station, 0 where unused.")] = 0
    acquirer: Annotated[
        str,
        Meta(
            pattern=r"^[0-9A-F]{16}\Z",
            description="Acquiring institution that is written into journey records.",
            extra={"words": "16 upper-case hex digits in quotes"},
        ),
    ]
    fare_fen: Annotated[
        int, Meta(ge=0, le=100_000, description="Flat fare of an ordinary card.", extra={"unit": "fen"})
    ]
    denylist: Annotated[Path | None, Meta(description="Deny list of card numbers; none if absent.")] = None
    concessions: Annotated[
        Mapping[Concession, Percent],
        Meta(description="Percent of the fare that cards of a kind pay, rounded up to a fen; other kinds pay it all."),
    ] = field(default_factory=dict)
    issuers: Annotated[
        tuple[IssuerId, ...] | None,
        Meta(description="Issuers that are accepted (first four bytes of their id); absent: every interoperable one."),
    ] = None
    unshown_s: Annotated[
        float,
        Meta(
            ge=0,
            le=3_600,
            description="How long a completed debit whose green light was never shown is shown at the next tap, "
            "and not charged again.",
            extra={"unit": "s"},
        ),
    ] = 60.0
    anti_passback_s: Annotated[
        float,
        Meta(ge=0, le=3_600, description="How long the same card is not charged again.", extra={"unit": "s"}),
    ] = 3.0
    allow_overdraft: Annotated[bool, Meta(description="Whether a fare may use the overdraft of the purse.")] = False
    green_before_mac2: Annotated[
        bool,
        Meta(description="Show green before the PSAM has accepted the card's proof: faster, but a forged card rides."),
    ] = False


class PanelSection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The wiring of lights, buzzer, gate and emergency input, all by BCM number."""

    red: Annotated[BcmNumber | None, Meta(description="BCM number of the red light; lit by high.")] = None
    green: Annotated[BcmNumber | None, Meta(description="BCM number of the green light; lit by high.")] = None
    buzzer: Annotated[BcmNumber | None, Meta(description="BCM number of the buzzer; sounds at high.")] = None
    gate: Annotated[BcmNumber | None, Meta(description="BCM number of the gate relay; energised by high.")] = None
    emergency: Annotated[
        BcmNumber | None,
        Meta(
            description="BCM number of the emergency contact, normally closed to ground: pressing it or cutting its "
            "wire opens the gate."
        ),
    ] = None
    gate_safe: Annotated[
        Literal["open", "closed"],
        Meta(description="Position of the gate while its relay is at rest: power loss, start, stop and crash."),
    ] = "open"
    gate_s: Annotated[
        float, Meta(ge=0.1, le=60, description="How long a pass opens the gate.", extra={"unit": "s"})
    ] = 3.0
    scanner: Annotated[Path | None, Meta(description="Serial device of the code scanner.")] = None


class Config(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file. Paths are absolute or relative to the working directory once it has been read."""

    terminal: TerminalSection
    reader: ReaderSection | None = None
    sam: SamSection | None = None
    mqtt: MqttSection | None = None
    transit: TransitSection | None = None
    panel: PanelSection = field(default_factory=PanelSection)


def required(section: S | None, name: str, role: str) -> S:
    """A section that a role cannot do without. Raises ConfigurationError where it is missing."""
    if section is None:
        raise missing_section(name, role)
    return section


def missing_section(name: str, role: str) -> ConfigurationError:
    """The error for a section that a role needs and the file lacks."""
    return ConfigurationError(name, f"the section [{name}] is missing; the role {role} needs it")
