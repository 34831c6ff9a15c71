"""Makes nfcpy's udp device behave like a reader chip. Only its device is touched, once it is open; nothing is imported.

The driver waits one second for a card that is not there (a chip: 5 ms), and takes an answer that came late, which on
the air nobody would have heard, for the answer to the next command.
"""

import select
from typing import Any  # a device of nfcpy, which has no types

#: The driver's own waiting times for the first answer and within anticollision, and what a chip on this host needs.
SHORTER = {1.0: 0.02, 0.5: 0.1}
#: A busy host may deliver an answer this much later than the card's frame waiting time ends.
TOLERANCE = 0.05


def harden(device: Any) -> None:
    """Shorten the waits and drop late answers of a udp device; leave any other device alone."""
    if type(device).__module__ != "nfc.clf.udp":
        return
    receive, exchange = device._recv_data, device.send_cmd_recv_rsp  # noqa: SLF001 - no public way to its timeouts

    def receive_sooner(timeout: float, *rates: str) -> Any:
        return receive(SHORTER.get(timeout, timeout), *rates)

    def exchange_cleanly(target: Any, data: bytearray, timeout: float) -> Any:
        while select.select([device.socket], [], [], 0)[0]:
            device.socket.recvfrom(1024)
        return exchange(target, data, timeout + TOLERANCE)

    device._recv_data = receive_sooner  # noqa: SLF001
    device.send_cmd_recv_rsp = exchange_cleanly
