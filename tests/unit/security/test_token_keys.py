"""Which keys sign tokens: JWT_SECRET's or the home's own; small, foreign, open or damaged ones are refused clearly."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc.jwk import KeySet

from chimera.core.errors import EngineUnavailable, ValidationFailed
from chimera.security import token_keys
from chimera.security.keys import new_private_pem as new_ed25519_pem
from chimera.security.token_keys import (
    KEY_FILE,
    configured_token_key,
    home_token_key,
    jwk_set,
    known_token_key,
    replace_home_key,
)
from factories_identity import token_key_pem

MAKE = token_keys.new_private_pem
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes | None = None) -> str:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode()


@pytest.fixture(autouse=True)
def _small_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_keys, "new_private_pem", lambda: MAKE(token_keys.KEY_BITS_MIN))


@pytest.mark.parametrize("form", ["pem", "one line", "path", "spaces"])
def test_a_secret_is_read_in_every_form(tmp_path: Path, form: str) -> None:
    pem, path = token_key_pem(), tmp_path / "key.pem"
    path.write_text(pem)
    forms = {"pem": pem, "one line": pem.replace("\n", "\\n"), "path": str(path), "spaces": f"\n {pem} \n"}
    assert configured_token_key(forms[form]).kid == configured_token_key(pem).kid


@pytest.mark.parametrize("kind", ["shared secret", "ed25519", "elliptic", "1024 bits", "locked", "public", "damaged"])
def test_a_secret_that_is_no_rsa_key_is_one_clear_refusal(kind: str) -> None:
    pem = token_key_pem()
    texts = {
        "shared secret": "correct-horse-battery-staple",
        "ed25519": new_ed25519_pem().decode(),
        "elliptic": pem_of(ec.generate_private_key(ec.SECP256R1())),
        "1024 bits": pem_of(rsa.generate_private_key(65_537, 1024)),  # noqa: S505
        "locked": pem_of(rsa.generate_private_key(65_537, 2048), b"password"),
        "public": configured_token_key(pem).public_pem,
        "damaged": pem[:200] + "x" + pem[201:400],
    }
    with pytest.raises(ValidationFailed, match="JWT_SECRET") as refused:
        configured_token_key(texts[kind])
    assert texts[kind][40:80] not in str(refused.value) or kind == "shared secret"
    assert "correct-horse" not in str(refused.value)


def test_the_homes_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = home_token_key(tmp_path / "keys")
    assert (tmp_path / "keys" / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert home_token_key(tmp_path / "keys").kid == first.kid
    assert replace_home_key(tmp_path / "keys").kid != first.kid
    assert (tmp_path / "keys" / KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_a_key_that_others_can_read_or_that_is_damaged_is_refused(tmp_path: Path) -> None:
    home_token_key(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o644)
    with pytest.raises(EngineUnavailable, match="chmod 600"):
        home_token_key(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o600)
    (tmp_path / KEY_FILE).write_text("nonsense")
    with pytest.raises(EngineUnavailable, match="keys rotate"):
        home_token_key(tmp_path)


def test_the_published_set_holds_public_keys_under_their_thumbprints() -> None:
    key = configured_token_key(token_key_pem())
    published = jwk_set([known_token_key(key.public_pem, LATER)])
    assert [set(shown) for shown in published["keys"]] == [{"kty", "n", "e", "use", "alg", "kid"}]
    read = KeySet.import_key_set(published)  # type: ignore[arg-type]
    assert read.keys[0].thumbprint() == read.keys[0].kid == key.kid


def test_a_row_of_a_small_or_foreign_key_is_no_key() -> None:
    small = rsa.generate_private_key(65_537, 1024).public_key()  # noqa: S505
    text = small.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    for public_pem in (text, "nonsense", ""):
        with pytest.raises(ValueError, match=r".+"):
            known_token_key(public_pem, LATER)
