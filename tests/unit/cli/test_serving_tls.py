"""Which options of `chimera serve --tls` stand together, and what a person is told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from chimera.api.server import loopback_only
from chimera.cli.serving_tls import TlsOptions, certificate_lines, hosts_of_tls, served_tls
from chimera.core.clock import FixedClock
from chimera.core.errors import ValidationFailed
from chimera.security.certificates import Certificate

FILE = Path("/etc/studio/tls.pem")


@pytest.mark.parametrize(
    ("options", "behind_proxy", "sentence"),
    [
        (TlsOptions(True, FILE, None), False, "go together"),
        (TlsOptions(True, None, FILE), False, "go together"),
        (TlsOptions(False, FILE, FILE), False, "are for --tls"),
        (TlsOptions(True, None, None), True, "either Chimera or the proxy"),
    ],
)
def test_options_that_can_not_stand_together_are_refused(
    options: TlsOptions, behind_proxy: bool, sentence: str
) -> None:
    with pytest.raises(ValidationFailed, match=sentence):
        options.check(behind_proxy=behind_proxy)


def test_over_tls_it_may_be_asked_from_elsewhere_under_a_name() -> None:
    TlsOptions(True, None, None).check(behind_proxy=False)
    assert hosts_of_tls("192.0.2.7", ()) == {"192.0.2.7"}
    assert hosts_of_tls("0.0.0.0", ("Studio.example.org",)) == {"studio.example.org"}
    for wildcard in ("0.0.0.0", "::"):
        with pytest.raises(ValidationFailed, match="--public-host NAME"):
            hosts_of_tls(wildcard, ())


def test_without_it_other_addresses_are_refused_with_what_to_do() -> None:
    with pytest.raises(ValidationFailed, match="--tls"):
        loopback_only("0.0.0.0")


async def test_nothing_is_made_without_it(tmp_path: Path, clock: FixedClock) -> None:
    async with served_tls(TlsOptions(False, None, None), tmp_path / "keys", frozenset({"localhost"}), clock) as context:
        assert context is None
    assert not (tmp_path / "keys").exists()


async def test_it_tells_how_to_trust_it(tmp_path: Path, clock: FixedClock, capsys: pytest.CaptureFixture[str]) -> None:
    async with served_tls(TlsOptions(True, None, None), tmp_path / "keys", frozenset({"localhost"}), clock) as context:
        assert context is not None
    said = capsys.readouterr().err
    assert str(tmp_path / "keys" / "tls-ca.crt") in said
    assert "SHA-256" in said


def test_own_files_are_told_by_their_fingerprint() -> None:
    ends_at = datetime(2027, 1, 1, tzinfo=UTC)
    (line,) = certificate_lines(Certificate(FILE, FILE, ends_at, "AB:CD", None))
    assert line == f"TLS 1.3 with {FILE}, until 2027-01-01, SHA-256 AB:CD"
