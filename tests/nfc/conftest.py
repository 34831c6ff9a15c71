import time

import pytest

from firmware.nfc.nfcpy_reader import NfcpyReader
from firmware.nfc.pcsc_reader import PcscReader
from simulator.readers.udp import UdpField


@pytest.fixture
def field():
    """A radio field on a free port."""
    with UdpField() as field:
        yield field


@pytest.fixture
def udp_reader(field):
    """nfcpy's real udp driver over that field."""
    reader = NfcpyReader(f"nfcpy:udp:127.0.0.1:{field.port}")
    yield reader
    reader.close()


@pytest.fixture
def pcscd():
    """The real PC/SC service of this test process."""
    from tests import pcscd

    return pcscd.running()


@pytest.fixture
def slot(pcscd):
    """The real PC/SC reader of its first slot."""
    from tests.pcscd import CARD_SLOT

    reader = PcscReader(f"pcsc:{CARD_SLOT}")
    until_empty = time.monotonic() + 10
    while (left_by_another_test := reader.poll(0.0)) is not None:
        left_by_another_test.release()
        assert time.monotonic() < until_empty
    yield reader
    reader.close()
