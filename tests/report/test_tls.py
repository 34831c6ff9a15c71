import pytest

from tests.broker import PATIENCE, Broker, Subscriber, free_port
from tests.journal.rows import tap
from tests.report import certificates
from tests.report.reporting import EVENTS, hearing, reporting, sequences, settings, writing

pytestmark = pytest.mark.broker


@pytest.fixture
def directory(tmp_path):
    certificates.make(tmp_path)
    (tmp_path / "state").mkdir()
    return tmp_path


@pytest.fixture
def secured(directory):
    """A broker with a second door that takes TLS only: (broker, url of that door)."""
    port = free_port()
    door = f"listener {port} 127.0.0.1\ncertfile {directory}/server.pem\nkeyfile {directory}/server.key"
    with Broker(directory / "broker", f"allow_anonymous true\n{door}") as broker:
        yield broker, f"mqtts://127.0.0.1:{port}"


def test_events_travel_over_tls(directory, secured) -> None:
    broker, url = secured
    state = directory / "state"
    with Subscriber(broker.port, EVENTS) as subscriber, writing(state) as journal:
        for number in range(1, 201):
            journal.begin(tap(number))
        with reporting(settings(state, url, ca=directory / "ca.pem")):
            subscriber.wait_for_messages(200)
        assert sequences(subscriber) == list(range(1, 201))


# paho leaves the socket of a failed handshake open; the link sees to it that it is let go of, and Python says so.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.parametrize("ca", [None, "absent.pem", "server.key"])
def test_a_broker_whom_no_authority_vouches_for_is_never_talked_to(directory, secured, ca) -> None:
    broker, url = secured
    told = settings(directory / "state", url, ca=ca and directory / ca)
    with Subscriber(broker.port, "rongtong/#") as subscriber, hearing("broker-unreachable") as unreachable:
        with reporting(told):
            assert unreachable.acquire(timeout=PATIENCE)
            assert unreachable.acquire(timeout=PATIENCE)
        assert subscriber.messages == []
