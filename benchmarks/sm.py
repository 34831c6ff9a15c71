"""`sm3/1KiB`, `sm4/16B`, `sm4/1KiB`: operations a second, against `openssl speed`."""

import re
import subprocess
import time

from firmware.sm import sm3, sm4

SECONDS = 1.0
KEY = bytes(range(16))


def measure() -> dict[str, dict[str, object]]:
    return {
        "sm3/1KiB": _figure(lambda: sm3.digest(bytes(1024)), "sm3", 1024),
        "sm4/16B": _figure(lambda: sm4.encrypt_block(KEY, bytes(16)), "sm4-ecb", 16),
        "sm4/1KiB": _figure(lambda: sm4.encrypt_blocks(KEY, bytes(1024)), "sm4-ecb", 1024),
    }


def _figure(work, algorithm: str, size: int) -> dict[str, object]:
    ours, floor = _rate(work), _openssl(algorithm, size)
    return {"value": ours, "unit": "1/s", "floor": floor, "ratio": floor / ours}


def _rate(work) -> float:
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        for _ in range(100):
            work()
        count += 100
    return count / (time.perf_counter() - began)


def _openssl(algorithm: str, size: int) -> float:
    command = ["openssl", "speed", "-mr", "-seconds", "1", "-bytes", str(size), "-evp", algorithm]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    bytes_a_second = float(re.findall(r"^\+F:.*:([0-9.]+)$", printed, re.MULTILINE)[-1])
    return bytes_a_second / size
