"""A PostgreSQL and a Redis that speak TLS only: reached when their names are verified, and not otherwise."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from chimera.config.transport import check_redis_url, secured_database_url
from chimera.core.errors import EngineUnavailable
from chimera.security.certificates import Certificate, generated_certificate
from chimera.storage.access import prepare_database
from chimera.storage.database import SESSION_NAME, WRITER_NAME, connect_writer, connected, open_database

SECONDS_MAX = 60
ACCOUNT = "postgres"
_HBA = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n"


@dataclass(frozen=True, slots=True)
class TlsServer:
    port: int
    authority: Path


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Short and open to the server's account, unlike pytest's own folders."""
    place = Path(tempfile.mkdtemp(prefix="tls-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def certificate(folder: Path) -> Certificate:
    return generated_certificate(folder / "keys", {"localhost"}, datetime.now(UTC))


@pytest.fixture(scope="module")
def postgresql(folder: Path, certificate: Certificate) -> Iterator[TlsServer]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs or os.geteuid() != 0:
        pytest.skip("the embedded PostgreSQL has no TLS, and there is no other one here that this user may start")
    data, bin_folder, port = folder / "data", programs[-1].parent, _free_port()
    data.mkdir(mode=0o700)
    shutil.chown(data, ACCOUNT)
    initdb = [str(bin_folder / "initdb"), "-D", str(data), "-U", "chimera", "-A", "trust", "--no-sync"]
    subprocess.run(initdb, user=ACCOUNT, group=ACCOUNT, cwd="/", check=True, capture_output=True, timeout=SECONDS_MAX)
    for name, mode in (("server.crt", 0o644), ("server.key", 0o600)):
        shutil.copyfile(certificate.chain_file, data / name)
        (data / name).chmod(mode)
        shutil.chown(data / name, ACCOUNT)
    (data / "pg_hba.conf").write_text(_HBA)
    command = [str(bin_folder / "postgres"), "-D", str(data), "-p", str(port), "-k", str(data)]
    with _running([*command, "-c", "ssl=on", "-c", "listen_addresses=127.0.0.1"], _is_up(data, port), user=ACCOUNT):
        yield TlsServer(port, _authority(certificate))


@pytest.fixture(scope="module")
def redis(folder: Path, certificate: Certificate) -> Iterator[TlsServer]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("the embedded Valkey has no TLS, and there is no redis-server here")
    port, pair = _free_port(), str(certificate.chain_file)
    command = [program, "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--save", ""]
    command += ["--tls-cert-file", pair, "--tls-key-file", pair, "--tls-auth-clients", "no", "--dir", str(folder)]
    with _running([*command, "--tls-ca-cert-file", str(certificate.authority_file)], _answers(port)):
        yield TlsServer(port, _authority(certificate))


async def test_everything_that_connects_does_so_over_verified_tls(postgresql: TlsServer) -> None:
    url = f"postgresql://chimera@localhost:{postgresql.port}/postgres?sslmode=verify-full&sslrootcert="
    url = secured_database_url(f"{url}{postgresql.authority}", {}, lambda _: [], plaintext_allowed=False)
    access = await prepare_database(url)
    async with open_database(access.application_url), connected(url) as owner:
        with connect_writer(access.application_url):
            rows = await owner.execute(
                "SELECT application_name, ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
                "WHERE client_addr IS NOT NULL"
            )
            found = await rows.fetchall()
    assert {SESSION_NAME, WRITER_NAME} <= {name for name, *_ in found}
    assert {tuple(rest) for _, *rest in found} == {(True, "TLSv1.3")}


@pytest.mark.parametrize(
    ("host", "sentence"),
    [("other.example.org", 'does not match host name "other.example.org"'), ("localhost", "certificate verify failed")],
)
async def test_a_server_of_another_name_or_authority_is_not_reached(
    postgresql: TlsServer, certificate: Certificate, tmp_path: Path, host: str, sentence: str
) -> None:
    other = generated_certificate(tmp_path / "keys", {"localhost"}, datetime.now(UTC)).authority_file
    trusted = postgresql.authority if host != "localhost" else other
    url = f"postgresql://chimera@{host}:{postgresql.port}/postgres?hostaddr=127.0.0.1&sslmode=verify-full"
    with pytest.raises(EngineUnavailable, match=sentence):
        async with connected(f"{url}&sslrootcert={trusted}"):
            pass


def test_it_takes_no_connection_in_the_open(postgresql: TlsServer) -> None:
    url = f"postgresql://chimera@localhost:{postgresql.port}/postgres?sslmode=disable"
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        psycopg.connect(url)


async def test_redis_is_reached_over_verified_tls_only(redis: TlsServer) -> None:
    url = f"rediss://localhost:{redis.port}/0"
    trusting = f"{url}?ssl_ca_certs={redis.authority}"
    check_redis_url(trusting, lambda _: [], plaintext_allowed=False)
    async with Redis.from_url(trusting) as client:
        assert await client.ping()
    for refused in (url, trusting.replace("localhost", "127.0.0.1"), f"redis://localhost:{redis.port}/0"):
        async with Redis.from_url(refused, socket_timeout=5) as client:
            with pytest.raises(RedisConnectionError):
                await client.ping()


def _authority(certificate: Certificate) -> Path:
    assert certificate.authority_file is not None
    return certificate.authority_file


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> Callable[[], bool]:
    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    return answers


def _is_up(sockets: Path, port: int) -> Callable[[], bool]:
    def is_up() -> bool:
        with (
            suppress(psycopg.OperationalError),
            psycopg.connect(host=str(sockets), port=port, user="chimera", dbname="postgres"),
        ):
            return True
        return False

    return is_up


@contextmanager
def _running(command: list[str], answers: Callable[[], bool], user: str | None = None) -> Iterator[None]:
    """The server until the block ends."""
    process = subprocess.Popen(
        command, user=user, group=user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + SECONDS_MAX
        while not answers():
            assert process.poll() is None
            assert time.monotonic() < deadline
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.1)
        yield
    finally:
        process.terminate()
        process.wait(SECONDS_MAX)
