"""Real commands with a canary in every secret, and everything that can go wrong: no canary is ever told.

`chimera env` is left out: printing the engines' urls, with their passwords, is what it is for.
"""

import base64
import json
import secrets
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psutil  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chimera.config.settings import SECRET_VARIABLES
from doubles.vault import VaultDouble, running_vault
from fundamentals.studio_process import StudioProcess

pytestmark = pytest.mark.timeout(900)
SECONDS_MAX = 120
LOUD = {"CHIMERA_DEBUG": "1", "CHIMERA_LOG_LEVEL": "DEBUG"}


@dataclass(frozen=True, slots=True)
class Canaries:
    """The variables, and pieces of their values that nothing else contains."""

    variables: Mapping[str, str]
    pieces: frozenset[str]

    def found_in(self, text: str) -> list[str]:
        return [name for name, value in self.variables.items() if any(p in text for p in self.pieces if p in value)]


@dataclass(frozen=True, slots=True)
class Ground:
    studio: StudioProcess
    vault: VaultDouble
    canaries: Canaries
    database_url: str
    redis_url: str


def canaries_of(vault: VaultDouble) -> Canaries:
    """Values of the right form, so that they get as far as real ones do."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    values = {name: f"canary-{secrets.token_hex(16)}" for name in SECRET_VARIABLES}
    values |= {name: secrets.token_hex(32) for name in ("CFO_PRIVATE_KEY", "LEDGER_LOG_PRIVATE_KEY")}
    values |= {
        name: base64.b64encode(secrets.token_bytes(32)).decode()
        for name in ("CHIMERA_DATA_KEY", "CHIMERA_DATA_KEY_PREVIOUS")
    }
    for absent in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CFO_TOKEN"):
        del values[absent]
    pieces = frozenset(values.values()) | {pem.splitlines()[7]}
    variables = values | {"JWT_SECRET": pem, "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "VAULT_ADDR": vault.address}
    return Canaries(variables, pieces)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A home whose engines run, started under the canaries; OPENAI_API_KEY lies in Vault."""
    studio = StudioProcess(tmp_path_factory.mktemp("told") / "home", [])
    with running_vault() as vault:
        canaries = canaries_of(vault)
        vault.policies = {canaries.variables["VAULT_TOKEN"]: ("kv/",)}
        vault.put("kv", "studio", {"openai": canaries.variables["OPENAI_API_KEY"]})
        started = studio.run("engines", "start", "--json", settings={**canaries.variables, **LOUD})
        assert not canaries.found_in(started.out + started.said)
        urls = studio.run("env", "--json").document
        try:
            yield Ground(studio, vault, canaries, urls["DATABASE_URL"], urls["REDIS_URL"])
        finally:
            studio.run("engines", "stop", "--force")


def with_password(url: str, password: str) -> str:
    parts = urlsplit(url)
    user = parts.username or ""
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.hostname}:{parts.port}"))


def everything(ground: Ground, **changes: str) -> dict[str, str]:
    in_vault = {"OPENAI_API_KEY": "vault://kv/studio#openai"}
    return {**ground.canaries.variables, **LOUD, **in_vault, **changes}


def untold(ground: Ground, told: str, *more: str) -> None:
    assert ground.canaries.found_in(told) == []
    assert not [canary for canary in more if canary in told]


@pytest.mark.parametrize(
    "arguments",
    [
        ("config", "show"),
        ("config", "show", "--json"),
        ("config", "check", "--json"),
        ("doctor", "--json"),
        ("content", "show", "nobody", "--json"),
    ],
    ids=" ".join,
)
def test_commands_that_work_tell_nothing(ground: Ground, arguments: tuple[str, ...]) -> None:
    answer = ground.studio.run(*arguments, settings=everything(ground))
    assert answer.out + answer.said
    untold(ground, answer.out + answer.said)


@pytest.mark.parametrize(
    ("trouble", "arguments"),
    [
        ("password", "budget show --json"),
        ("password", "doctor"),
        ("database", "budget show"),
        ("redis password", "doctor --json"),
        ("redis", "doctor"),
        ("not a url", "budget show --json"),
        ("vault", "config check --json"),
        ("sealed", "budget show"),
    ],
)
def test_commands_that_fail_tell_nothing(ground: Ground, trouble: str, arguments: str) -> None:
    canary = f"canary-{secrets.token_hex(16)}"
    changes = {
        "password": {"DATABASE_URL": with_password(ground.database_url, canary)},
        "database": {"DATABASE_URL": f"postgresql://u:{canary}@127.0.0.1:9/x"},
        "redis password": {"REDIS_URL": with_password(ground.redis_url, canary)},
        "redis": {"REDIS_URL": f"redis://:{canary}@127.0.0.1:9/0"},
        "not a url": {"DATABASE_URL": f"postgresql://u:{canary}@[127.0.0.1/x", "REDIS_URL": f"redis://:{canary}@[x"},
        "vault": {"OPENAI_API_KEY": "vault://kv/studio#nothing", "VAULT_TOKEN": canary},
        "sealed": {"OPENAI_API_KEY": "vault://kv/studio#openai"},
    }[trouble]
    ground.vault.sealed = trouble == "sealed"
    try:
        answer = ground.studio.run(*arguments.split(), settings=everything(ground, **changes))
    finally:
        ground.vault.sealed = False
    assert answer.code != 0
    untold(ground, answer.out + answer.said, canary)


def test_a_server_tells_nothing(ground: Ground) -> None:
    process = ground.studio.start("serve", "--port", "0", settings=everything(ground))
    try:
        address, before = _address(process)
        untold(ground, before)
        told = [_asked(address + path) for path in ("/health", "/nothing", "/v1/budgets", "/metrics", "/feed.json?x=1")]
        untold(ground, "".join(told))
        arguments, _ = _family(process)
        untold(ground, arguments)
    finally:
        process.terminate()
        out, said = process.communicate(timeout=SECONDS_MAX)
    untold(ground, out + said)


def test_children_get_no_secret(ground: Ground) -> None:
    """Neither as arguments nor in their environment; the worker holds its tool server from its start to its end."""
    process = ground.studio.start("worker", "--agents", "7", settings=everything(ground))
    try:
        deadline = time.monotonic() + SECONDS_MAX
        while "chimera.tools.local.server" not in _family(process)[0]:
            assert process.poll() is None
            assert time.monotonic() < deadline
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.1)
        arguments, environments = _family(process)
        untold(ground, arguments + environments)
        assert not [name for name in SECRET_VARIABLES if f"'{name}'" in environments]
    finally:
        process.terminate()
        out, said = process.communicate(timeout=SECONDS_MAX)
    untold(ground, out + said)


def test_engines_get_no_secret(ground: Ground) -> None:
    status = ground.studio.run("engines", "status", "--json").document
    for engine in status["engines"]:
        server = psutil.Process(engine["pid"])
        for process in (server, *server.children(recursive=True)):
            untold(ground, repr(process.cmdline()) + repr(process.environ()))


def test_no_file_of_the_home_holds_a_secret_that_was_given(ground: Ground) -> None:
    ground.studio.run("budget", "show", settings=everything(ground))
    files = [path for path in ground.studio.home.rglob("*") if path.is_file()]
    assert any(path.suffix == ".log" or "log" in path.parts for path in files)
    assert not [path for path in files if ground.canaries.found_in(path.read_bytes().decode("latin-1"))]


def _address(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Where the server answers, and what it said until it knew."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if line.startswith("http://"):
            return line.partition(" ")[0].rstrip("/"), said
    raise AssertionError("it did not come up")


def _asked(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=SECONDS_MAX) as answer:  # noqa: S310 - loopback
            return f"{answer.headers}{answer.read().decode()}"
    except urllib.error.HTTPError as refused:
        return f"{refused.headers}{refused.read().decode()}"


def _family(process: subprocess.Popen[str]) -> tuple[str, str]:
    """The arguments of a process and its children, and the environments of the children."""
    parent = psutil.Process(process.pid)
    arguments, environments = [repr(parent.cmdline())], []
    for child in parent.children(recursive=True):
        try:
            arguments.append(repr(child.cmdline()))
            environments.append(repr(child.environ()))
        except psutil.NoSuchProcess:
            continue
    return json.dumps(arguments), "".join(environments)
