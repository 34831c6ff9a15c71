from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firmware.config import (
    Config,
    MqttSection,
    PanelSection,
    ReaderSection,
    SamSection,
    TerminalSection,
    TransitSection,
    check_production,
    effective,
    explain,
    keys,
    load,
    parse,
    required,
)
from firmware.errors import ConfigurationError

#: What a technician writes with the documentation of the interface alone.
BUS = """
[terminal]
id = "FZ-BUS-0001"
role = "bus"
mode = "test"
[reader]
url = "nfcpy:tty:AMA0:pn532"
[sam]
url = "pcsc:PSAM 00 00"
[mqtt]
url = "mqtt://127.0.0.1:1883"
[transit]
city = "3910"
operator = "0001"
line = 15
acquirer = "12003910FFFFFFFF"
fare_fen = 200
denylist = "deny.bin"
"""

PRODUCTION = (
    BUS.replace('"test"', '"production"')
    .replace("mqtt://127.0.0.1:1883", "mqtts://broker.example:8883")
    .replace("[transit]", 'ca = "ca.pem"\ncertificate = "t.pem"\nkey = "t.key"\n[transit]')
)


def changed(old, new):
    assert old in BUS
    return BUS.replace(old, new).encode()


def problem(text):
    with pytest.raises(ConfigurationError) as caught:
        parse(text)
    return caught.value.key, str(caught.value)


def test_a_file_written_from_the_documentation_is_a_whole_configuration(tmp_path):
    path = tmp_path / "terminal.toml"
    path.write_text(BUS, encoding="utf-8")
    assert load(path) == Config(
        terminal=TerminalSection(
            id="FZ-BUS-0001",
            role="bus",
            mode="test",
            language="zh-CN",
            state=Path("/var/lib/rongtong"),
            log="info",
        ),
        reader=ReaderSection(url="nfcpy:tty:AMA0:pn532"),
        sam=SamSection(url="pcsc:PSAM 00 00"),
        mqtt=MqttSection(url="mqtt://127.0.0.1:1883", telemetry_s=60),
        transit=TransitSection(
            city="3910",
            operator="0001",
            line=15,
            station=0,
            acquirer="12003910FFFFFFFF",
            fare_fen=200,
            denylist=tmp_path / "deny.bin",
            concessions={},
            issuers=None,
            unshown_s=60,
            anti_passback_s=3,
            allow_overdraft=False,
            green_before_mac2=False,
        ),
        panel=PanelSection(gate_safe="open", gate_s=3.0),
    )


def test_paths_start_at_the_directory_of_the_file_unless_they_are_absolute():
    config = parse(changed('"deny.bin"', '"/srv/deny.bin"'), Path("/etc/rongtong"))
    relative = parse(changed('mode = "test"', 'mode = "test"\nstate = "state"'), Path("/etc/rongtong"))
    assert (config.transit.denylist, relative.terminal.state) == (Path("/srv/deny.bin"), Path("/etc/rongtong/state"))


def test_a_terminal_is_in_production_unless_it_says_otherwise():
    assert parse(changed('mode = "test"', "")).terminal.mode == "production"


@pytest.mark.parametrize(
    ("old", "new", "key", "message"),
    [
        ("fare_fen", "fair_fen", "transit.fair_fen", "unknown key; did you mean fare_fen?"),
        ("fare_fen", "xyzzy", "transit.xyzzy", "unknown key"),
        ("[sam]", "[sma]", "sma", "unknown section; did you mean sam?"),
        ("[terminal]", "sam = 3\n[terminal]", None, None),
        ("= 200", '= "2 yuan"', "transit.fare_fen", "must be a whole number from 0 to 100000 (fen), not this text"),
        ("= 200", "= 100001", "transit.fare_fen", "must be a whole number from 0 to 100000 (fen), not 100001"),
        ("= 200", "= 2.5", "transit.fare_fen", "must be a whole number from 0 to 100000 (fen), not 2.5"),
        ("= 200", "= true", "transit.fare_fen", "must be a whole number from 0 to 100000 (fen), not true or false"),
        (
            "= 200",
            "= 0x" + "F" * 9000,
            "transit.fare_fen",
            "must be a whole number from 0 to 100000 (fen), not this number",
        ),
        ("= 15", "= -1", "transit.line", "must be a whole number from 0 to 65535, not -1"),
        ("= 15", "= 2026-11-23", "transit.line", "must be a whole number from 0 to 65535, not a date or time"),
        ('"3910"', "3910", "transit.city", "must be 4 digits in quotes, not 3910"),
        (
            '"FZ-BUS-0001"',
            '"FZ BUS"',
            "terminal.id",
            "must be 1 to 32 upper-case letters, digits and hyphens, not this text",
        ),
        (
            '"FZ-BUS-0001"',
            '"FZ\\n"',
            "terminal.id",
            "must be 1 to 32 upper-case letters, digits and hyphens, not this text",
        ),
        (
            'id = "FZ-BUS-0001"',
            "",
            "terminal.id",
            "is missing; it must be 1 to 32 upper-case letters, digits and hyphens",
        ),
        ('[sam]\nurl = "pcsc:PSAM 00 00"', "", "sam", "the section [sam] is missing; the role bus needs it"),
        ("127.0.0.1:1883", "127.0.0.1:99999", "mqtt.url", "names no host and port, as in mqtt://127.0.0.1:1883"),
        ("127.0.0.1:1883", "[::1", "mqtt.url", "names no host and port, as in mqtt://127.0.0.1:1883"),
        ("127.0.0.1:1883", ":1883", "mqtt.url", "names no host and port, as in mqtt://127.0.0.1:1883"),
        (
            "[transit]",
            'key = "t.key"\n[transit]',
            "mqtt.certificate",
            "is missing; certificate and key belong together",
        ),
        ("[transit]", 'certificate = "t"\n[transit]', "mqtt.key", "is missing; certificate and key belong together"),
        (
            "[transit]",
            'ca = "ca.pem"\n[transit]',
            "mqtt.url",
            "is not encrypted although certificates are given; write mqtts://",
        ),
        (
            "[transit]",
            "[panel]\nred = 17\ngate = 17\n[transit]",
            "panel.gate",
            "is GPIO 17, which panel.red uses already",
        ),
        ("[transit]", "[panel]\nred = 28\n[transit]", "panel.red", "must be a whole number from 0 to 27, not 28"),
        (
            "[transit]",
            "[panel]\ngate_s = nan\n[transit]",
            "panel.gate_s",
            "must be a number from 0.1 to 60 (s), not this number",
        ),
        (
            '"deny.bin"',
            '""',
            "transit.denylist",
            "must be a path; a relative one starts at the directory of the configuration file, not this text",
        ),
    ],
)
def test_every_mistake_is_told_in_plain_words(old, new, key, message):
    if key is None:
        assert problem(changed(old, new).replace(b'[sam]\nurl = "pcsc:PSAM 00 00"', b"")) == (
            "sam",
            "sam: must be a section: write [sam] and its keys below",
        )
        return
    assert problem(changed(old, new)) == (key, f"{key}: {message}")


def test_a_password_in_an_address_is_refused_and_not_repeated():
    key, message = problem(changed("mqtt://", "mqtt://user:xyzzy@"))
    assert (key, "xyzzy" in message) == ("mqtt.url", False)


@pytest.mark.parametrize(
    "text", [b"", b"\xff", b"a = [", b"a = " + b"[" * 5000, b"a = " + b"9" * 5000, b"#" * (1 << 21)]
)
def test_what_is_no_toml_file_is_refused(text):
    with pytest.raises(ConfigurationError):
        parse(text)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"absent\.toml cannot be read: No such file"):
        load(tmp_path / "absent.toml")


@given(st.binary(max_size=200))
@example(b"terminal = 1")
@example(b"[terminal]\nid = {}")
def test_any_bytes_are_a_configuration_or_a_configuration_error(text):
    try:
        config = parse(text)
    except ConfigurationError:
        return
    assert isinstance(config, Config)


values = st.recursive(
    st.sampled_from(["true", "1", "-1", "2.5", "inf", "nan", '"text"', '""', "2026-11-23", "07:30:00", '"1200"']),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda found: f"[{', '.join(found)}]")
        | inner.map(lambda found: f"{{student = {found}}}")
    ),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(keys()), values, max_size=6))
def test_any_value_under_any_key_is_a_configuration_or_a_configuration_error_that_names_it(written):
    text = BUS + "[panel]\n"
    for key, value in written.items():
        section, _, name = key.partition(".")
        kept = [line for line in text.splitlines() if not line.startswith(f"{name} = ") or f"[{section}]" not in text]
        text = "\n".join(kept).replace(f"[{section}]", f"[{section}]\n{name} = {value}") + "\n"
    try:
        config = parse(text.encode())
    except ConfigurationError as error:
        assert not error.key or error.key in [*keys(), "reader", "sam", "mqtt", "transit"]  # noqa: PT017
    else:
        assert isinstance(config, Config)


@pytest.mark.parametrize("key", keys())
def test_every_key_explains_itself(key):
    first, holds, default = explain(key).splitlines()
    assert first.startswith(f"{key}: ")
    assert first.endswith(".")
    assert holds.startswith("  holds: ")
    assert default.startswith("  default: ")


def test_an_explanation_tells_meaning_range_and_default():
    assert (explain("transit.fare_fen"), explain("transit.concessions")) == (
        "transit.fare_fen: Flat fare of an ordinary card.\n"
        "  holds: a whole number from 0 to 100000 (fen)\n"
        "  default: none, the key must be given",
        "transit.concessions: Percent of the fare that cards of a kind pay, rounded up to a fen; "
        "other kinds pay it all.\n"
        "  holds: a table: one of military, senior, student, test = a whole number from 0 to 100\n"
        "  default: empty",
    )


def test_an_unknown_key_cannot_be_explained_but_the_nearest_is_suggested():
    with pytest.raises(ConfigurationError, match=r"^transit\.fare: unknown key; did you mean transit\.fare_fen\?$"):
        explain("transit.fare")


def test_the_effective_configuration_tells_every_key_but_no_secret():
    config = parse(PRODUCTION.encode() + b"concessions = {student = 50}\nissuers = ['31054710']\n")
    told = dict(effective(config))
    assert list(told) == keys()
    assert {
        key: told[key] for key in ("mqtt.key", "mqtt.ca", "transit.issuers", "transit.concessions", "panel.red")
    } == {
        "mqtt.key": "set",
        "mqtt.ca": "ca.pem",
        "transit.issuers": "[31054710]",
        "transit.concessions": "{student = 50}",
        "panel.red": "none",
    }


def test_a_sound_production_configuration_is_accepted(tmp_path):
    path = tmp_path / "terminal.toml"
    path.write_text(PRODUCTION, encoding="utf-8")
    assert check_production(load(path)) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("nfcpy:tty:AMA0:pn532", "sim:adult", 'reader.url: is simulated; mode = "production" needs a real reader'),
        ("pcsc:PSAM 00 00", "sim:transit", 'sam.url: is simulated; mode = "production" needs a real reader'),
        (
            'role = "bus"',
            'role = "bus"\nlog = "traffic"',
            'terminal.log: shows raw bytes, which mode = "production" refuses; write debug',
        ),
    ],
)
def test_production_refuses_what_belongs_to_test_mode(tmp_path, old, new, message):
    path = tmp_path / "terminal.toml"
    path.write_text(PRODUCTION.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert (str(caught.value), check_production(parse(path.read_bytes()))[0].key) == (message, message.split(": ")[0])


def test_production_refuses_a_link_that_is_not_encrypted():
    config = parse(changed('mode = "test"', ""))
    assert [str(refused) for refused in check_production(config)] == [
        'mqtt.url: is not encrypted, which mode = "production" refuses; write mqtts://'
    ]


def test_test_mode_refuses_nothing():
    assert check_production(parse(changed("nfcpy:tty:AMA0:pn532", "sim:adult"))) == []


def test_roles_that_are_not_built_yet_are_names_that_a_configuration_may_hold():
    config = parse(b'[terminal]\nid = "LIB-1"\nrole = "library-gate"\n')
    assert (config.terminal.role, config.reader) == ("library-gate", None)


def test_a_missing_section_is_named_with_the_role_that_needs_it():
    with pytest.raises(
        ConfigurationError, match=r"^reader: the section \[reader\] is missing; the role shop needs it$"
    ):
        required(None, "reader", "shop")
    assert required(ReaderSection(url="sim:adult"), "reader", "shop") == ReaderSection(url="sim:adult")
