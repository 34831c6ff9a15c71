import pytest

from firmware.errors import ConfigurationError
from firmware.report.settings import BrokerAddress


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("mqtt://127.0.0.1:1884", BrokerAddress("127.0.0.1", 1884, tls=False)),
        ("mqtt://broker.example", BrokerAddress("broker.example", 1883, tls=False)),
        ("mqtts://broker.example/", BrokerAddress("broker.example", 8883, tls=True)),
        ("mqtts://[::1]:1", BrokerAddress("::1", 1, tls=True)),
    ],
)
def test_a_url_says_where_the_broker_is(url, address) -> None:
    assert BrokerAddress.from_url(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "broker",
        "http://broker",
        "mqtt://",
        "mqtt://b:x",
        "mqtt://b:99999",
        "mqtt://b/topic",
        "mqtt://u:p@b",
        "mqtt://[::",
    ],
)
def test_anything_else_is_refused_by_its_key(url) -> None:
    with pytest.raises(ConfigurationError) as caught:
        BrokerAddress.from_url(url)
    assert caught.value.key == "mqtt.url"
