"""The tour as `make run ARGS=--headless` runs it: a real terminal, a real broker, every outcome checked."""

import os
import subprocess
import sys

import pytest

HEADLESS = [sys.executable, "-m", "simulator", "tour", "--headless"]


@pytest.mark.broker
@pytest.mark.slow
def test_the_headless_tour_comes_out_as_it_should() -> None:
    path = f"{os.environ['PATH']}:/usr/sbin"
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(HEADLESS, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_without_a_broker_the_tour_fails_and_names_the_package(monkeypatch, capsys) -> None:
    from simulator import tour
    from simulator.cli import main

    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(tour, "SBIN", "")
    assert main(["tour", "--headless"]) == 1
    assert "mosquitto" in capsys.readouterr().err
