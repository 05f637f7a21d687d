"""Certificates: made for the names served, made anew in time; the operator's own are looked at before."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from chimera.core.clock import FixedClock
from chimera.core.errors import EngineUnavailable, ValidationFailed
from chimera.security.certificates import (
    AUTHORITY_FILE,
    AUTHORITY_PUBLIC_FILE,
    LIFE,
    RENEW_BEFORE,
    SERVED_FILE,
    generated_certificate,
    given_certificate,
)

NAMES = frozenset({"studio.example.org", "127.0.0.1", "::1", "localhost"})


@pytest.fixture
def now(clock: FixedClock) -> datetime:
    return clock.now()


def served(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / SERVED_FILE).read_bytes())


def test_it_is_for_the_names_and_nothing_else(tmp_path: Path, now: datetime) -> None:
    made = generated_certificate(tmp_path, NAMES, now)
    certificate = served(tmp_path)
    alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(name.value) for name in alternatives} == NAMES
    assert made.ends_at == certificate.not_valid_after_utc == now + LIFE
    authority = x509.load_pem_x509_certificate((tmp_path / AUTHORITY_PUBLIC_FILE).read_bytes())
    certificate.verify_directly_issued_by(authority)
    constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_keys_are_for_their_owner_only(tmp_path: Path, now: datetime) -> None:
    generated_certificate(tmp_path / "keys", NAMES, now)
    modes = {file.name: oct(file.stat().st_mode & 0o777) for file in (tmp_path / "keys").iterdir()}
    assert modes == {AUTHORITY_FILE: "0o600", SERVED_FILE: "0o600", AUTHORITY_PUBLIC_FILE: "0o644"}
    for name in (AUTHORITY_FILE, SERVED_FILE):
        (tmp_path / "keys" / name).chmod(0o640)
        with pytest.raises(EngineUnavailable, match="can be read by other users"):
            generated_certificate(tmp_path / "keys", NAMES, now)
        (tmp_path / "keys" / name).chmod(0o600)


def test_it_stays_until_its_last_month_and_the_authority_longer(tmp_path: Path, now: datetime) -> None:
    first = generated_certificate(tmp_path, NAMES, now)
    assert generated_certificate(tmp_path, NAMES, now + LIFE - RENEW_BEFORE - timedelta(hours=1)) == first
    later = generated_certificate(tmp_path, NAMES, now + LIFE - RENEW_BEFORE)
    assert later.ends_at == now + 2 * LIFE - RENEW_BEFORE
    assert later.fingerprint == first.fingerprint


def test_other_names_another_authority_or_a_damaged_file_make_it_anew(tmp_path: Path, now: datetime) -> None:
    first = generated_certificate(tmp_path, NAMES, now)
    generated_certificate(tmp_path, NAMES - {"::1"}, now)
    fewer = served(tmp_path)
    assert len(fewer.extensions.get_extension_for_class(x509.SubjectAlternativeName).value) == len(NAMES) - 1
    (tmp_path / AUTHORITY_FILE).unlink()
    (tmp_path / AUTHORITY_PUBLIC_FILE).unlink()
    assert generated_certificate(tmp_path, NAMES, now).fingerprint != first.fingerprint
    (tmp_path / SERVED_FILE).write_text("damaged")
    generated_certificate(tmp_path, NAMES, now)
    assert served(tmp_path).not_valid_after_utc == now + LIFE


def test_a_damaged_or_old_authority_is_not_replaced_by_itself(tmp_path: Path, now: datetime) -> None:
    generated_certificate(tmp_path, NAMES, now)
    with pytest.raises(EngineUnavailable, match="trust anew"):
        generated_certificate(tmp_path, NAMES, now + timedelta(days=3650) - LIFE)
    (tmp_path / AUTHORITY_FILE).write_text("damaged")
    with pytest.raises(EngineUnavailable, match="trust anew"):
        generated_certificate(tmp_path, NAMES, now)


@pytest.mark.parametrize("name", ["bücher.example.org", "a" * 3 + "\u2028"])
def test_what_is_no_host_name_is_refused(tmp_path: Path, now: datetime, name: str) -> None:
    with pytest.raises(ValidationFailed, match="is no host name"):
        generated_certificate(tmp_path, {name}, now)


def test_own_files_are_taken_when_they_are_one_pair_that_holds_now(tmp_path: Path, now: datetime) -> None:
    generated_certificate(tmp_path, NAMES, now)
    file = tmp_path / SERVED_FILE
    assert given_certificate(file, file, now).ends_at == now + LIFE
    for moment in (now + LIFE, now - timedelta(days=1)):
        with pytest.raises(ValidationFailed, match="renew it"):
            given_certificate(file, file, moment)


def test_own_files_that_do_not_fit_are_refused(tmp_path: Path, now: datetime) -> None:
    for folder in ("a", "b"):
        generated_certificate(tmp_path / folder, NAMES, now)
    one, other = tmp_path / "a" / SERVED_FILE, tmp_path / "b" / SERVED_FILE
    with pytest.raises(ValidationFailed, match="is not the key of"):
        given_certificate(one, other, now)
    with pytest.raises(ValidationFailed, match="can't be read"):
        given_certificate(tmp_path / "nothing", one, now)
    with pytest.raises(ValidationFailed, match="is not what it should be"):
        given_certificate(one, tmp_path / "a" / AUTHORITY_PUBLIC_FILE, now)
    one.chmod(0o644)
    with pytest.raises(ValidationFailed, match="can be read by other users"):
        given_certificate(one, one, now)
