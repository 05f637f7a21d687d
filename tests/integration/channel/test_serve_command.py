"""`chimera serve` as people start it: answers, and stops cleanly when told."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import chimera
from chimera.contracts.error import ErrorEnvelope
from chimera.contracts.health import Health
from chimera.core.vocabulary import ComponentHealth

pytestmark = pytest.mark.engines


@contextmanager
def serving(home: Path, database_url: str, redis_url: str, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    environment = {
        "PATH": os.environ["PATH"],
        "CHIMERA_HOME": str(home),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PYTHONPATH": str(Path(chimera.__file__).parent.parent),
    }
    code = "from chimera.cli.app import main; main()"
    command = [sys.executable, "-c", code, "serve", *arguments]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def address_of(process: "subprocess.Popen[str]") -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"http://\S+", line):
            return found[0]
    raise AssertionError("it never said where it serves")


def health_with_its_tools_known(address: str) -> Health:
    """Each answer waits three seconds for the tool server, which takes its time on a busy machine."""
    for _ in range(10):
        health = Health.model_validate_json(httpx.get(f"{address}health", timeout=20).content)
        if health.components.mcp_layer is not ComponentHealth.DEGRADED:
            return health
    raise AssertionError("the tool server never answered")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_shows_an_empty_channel_and_its_health_and_stops_when_told(
    tmp_path: Path, empty_database_url: str, redis_space: str, stop: signal.Signals
) -> None:
    with serving(tmp_path, empty_database_url, redis_space, "--port", "0") as process:
        address = address_of(process)
        assert httpx.get(address, timeout=30).status_code == 200
        health = health_with_its_tools_known(address)
        assert health.status == health.components.mcp_layer == "healthy"
        assert httpx.get(f"{address}feed.json", timeout=10).json()["items"] == []
        missing = httpx.get(f"{address}watch/0123456789abcdef", timeout=10)
        assert ErrorEnvelope.model_validate_json(missing.content).error.code == "NOT_FOUND"
        process.send_signal(stop)
        assert process.wait(20) == 0
