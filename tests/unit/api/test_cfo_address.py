"""Where a process without the key asks: what may be configured together, and where a token is sent."""

from pathlib import Path

import pytest
from nacl.signing import SigningKey

from chimera.bootstrap.money import remote_treasury
from chimera.config.settings import Settings
from chimera.core.clock import SystemClock
from chimera.core.errors import EngineUnavailable, ValidationFailed
from chimera.security.keys import cfo_signing_key, public_pem
from chimera.treasury.http_asking import GivenToken, server_url

KEY = SigningKey(bytes(range(32)))
TOKEN = "t" * 43
MADE, CLOCK = GivenToken("made here"), SystemClock()
ASKING = {"CFO_URL": "https://cfo.example.org", "CFO_TOKEN": TOKEN, "CFO_PUBLIC_KEY": bytes(KEY.verify_key).hex()}


@pytest.mark.parametrize("url", ["https://cfo.example.org", "https://cfo.example.org:8443/", "http://127.0.0.1:8000"])
def test_a_token_goes_over_tls_or_stays_on_this_machine(url: str) -> None:
    assert server_url(url, plain_http_allowed=False) == url.rstrip("/")


@pytest.mark.parametrize("url", ["http://cfo.example.org", "http://10.0.0.7:8000", "http://[2001:db8::1]"])
def test_plain_http_to_another_machine_needs_a_word(url: str) -> None:
    with pytest.raises(ValidationFailed, match="CFO_PLAIN_HTTP"):
        server_url(url, plain_http_allowed=False)
    assert server_url(url, plain_http_allowed=True) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cfo.example.org",
        "ftp://cfo.example.org",
        "https://",
        "https://a:b@c",
        "https://a/?x=1",
        "https://a:x",
        "//a",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValidationFailed, match="CFO_URL must be"):
        server_url(url, plain_http_allowed=True)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"CFO_PRIVATE_KEY": "00" * 32}, "CFO_URL together with CFO_PRIVATE_KEY"),
        ({"CFO_TOKEN": ""}, "CFO_URL needs one of"),
        ({"CFO_TOKEN_FILE": "/run/secrets/token"}, "CFO_URL needs one of"),
        ({"CFO_URL": ""}, "CFO_TOKEN without CFO_URL"),
        ({"CFO_URL": "", "CFO_TOKEN": "", "CFO_PLAIN_HTTP": "allowed"}, "CFO_PLAIN_HTTP without CFO_URL"),
        ({"CFO_PLAIN_HTTP": "yes"}, "CFO_PLAIN_HTTP"),
        ({"CFO_URL": "ftp://x"}, "CFO_URL"),
    ],
)
def test_settings_that_contradict_each_other_are_one_clear_error(changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValidationFailed, match=sentence) as refused:
        Settings.from_environment(ASKING | changes)
    assert TOKEN not in str(refused.value)


def test_a_process_that_asks_reads_no_signing_key(tmp_path: Path) -> None:
    settings = Settings.from_environment(ASKING)
    remote = remote_treasury(settings, tmp_path, MADE, CLOCK)
    assert TOKEN not in repr(settings)
    assert remote is not None
    assert remote.public_key == KEY.verify_key
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_holds_the_key_asks_nobody(tmp_path: Path) -> None:
    assert remote_treasury(Settings.from_environment({}), tmp_path, MADE, CLOCK) is None


def test_the_public_key_is_the_homes_unless_one_is_given(tmp_path: Path) -> None:
    settings = Settings.from_environment(ASKING | {"CFO_PUBLIC_KEY": ""})
    with pytest.raises(EngineUnavailable, match=r"copy cfo\.pub"):
        remote_treasury(settings, tmp_path, MADE, CLOCK)
    own = cfo_signing_key(tmp_path / "keys", None)
    remote = remote_treasury(settings, tmp_path, MADE, CLOCK)
    assert remote is not None
    assert remote.public_key == own.verify_key


@pytest.mark.parametrize("form", ["hex", "0x", "pem", "one line", "path"])
def test_a_public_key_is_read_in_every_form(tmp_path: Path, form: str) -> None:
    file, pem = tmp_path / "other.pub", public_pem(KEY.verify_key)
    file.write_bytes(pem)
    forms = {
        "hex": bytes(KEY.verify_key).hex(),
        "0x": "0x" + bytes(KEY.verify_key).hex(),
        "pem": pem.decode(),
        "one line": pem.decode().replace("\n", "\\n"),
        "path": str(file),
    }
    remote = remote_treasury(Settings.from_environment(ASKING | {"CFO_PUBLIC_KEY": forms[form]}), tmp_path, MADE, CLOCK)
    assert remote is not None
    assert remote.public_key == KEY.verify_key


@pytest.mark.parametrize("text", ["nonsense", "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----", "ab" * 31])
def test_what_is_no_public_key_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValidationFailed, match="CFO_PUBLIC_KEY is not a key"):
        remote_treasury(Settings.from_environment(ASKING | {"CFO_PUBLIC_KEY": text}), tmp_path, MADE, CLOCK)
