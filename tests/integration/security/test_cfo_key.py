"""The CFO's key: made once, kept for its owner alone, read in every form, and refused when something is off."""

import base64
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.signing import SigningKey

from chimera.core.errors import EngineUnavailable, ValidationFailed
from chimera.security.keys import cfo_signing_key, public_pem, read_public_key, retired_public_keys

SEED = bytes(range(32))
PEM = (
    Ed25519PrivateKey.from_private_bytes(SEED)
    .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    .decode()
)


def test_a_first_run_makes_a_key_that_later_runs_read(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    key = cfo_signing_key(folder, None)
    assert bytes(cfo_signing_key(folder, None)) == bytes(key)
    assert bytes(read_public_key(folder / "cfo.pub")) == bytes(key.verify_key)
    assert (folder / "cfo.pem").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.name for file in folder.iterdir()} == {"cfo.pem", "cfo.pub"}


def _key_bytes(folder: Path) -> bytes:
    return bytes(cfo_signing_key(folder, None))


def test_processes_that_start_at_once_get_the_same_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        keys = set(pool.map(_key_bytes, [tmp_path / f"keys{number // 4}" for number in range(16)]))
    assert len(keys) == 4


@pytest.mark.parametrize(
    "configured",
    [PEM, PEM.replace("\n", "\\n"), SEED.hex(), "0x" + SEED.hex().upper(), base64.b64encode(SEED).decode(),
     base64.urlsafe_b64encode(SEED).decode().rstrip("="), f"  {SEED.hex()}\n"],
)  # fmt: skip
def test_a_configured_key_is_read_in_every_form_and_writes_no_file(tmp_path: Path, configured: str) -> None:
    assert bytes(cfo_signing_key(tmp_path / "keys", configured)) == SEED
    assert not (tmp_path / "keys").exists()


def test_a_configured_path_is_read(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(PEM)
    assert bytes(cfo_signing_key(tmp_path / "keys", str(file))) == SEED


OTHER_KIND = (
    generate_private_key(SECP256R1())
    .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    .decode()
)


@pytest.mark.parametrize(
    "configured", ["", "secret", SEED.hex()[:-2], "/no/such/file", OTHER_KIND, PEM.replace("M", "N", 1), "/"]
)
def test_a_configured_value_that_is_no_key_is_named_without_being_shown(tmp_path: Path, configured: str) -> None:
    with pytest.raises(ValidationFailed, match="CFO_PRIVATE_KEY is not a key"):
        cfo_signing_key(tmp_path / "keys", configured)


def test_a_damaged_key_file_is_refused_and_kept(tmp_path: Path) -> None:
    cfo_signing_key(tmp_path, None)
    damaged = (tmp_path / "cfo.pem").read_bytes()[:40]
    (tmp_path / "cfo.pem").write_bytes(damaged)
    with pytest.raises(EngineUnavailable, match="damaged"):
        cfo_signing_key(tmp_path, None)
    assert (tmp_path / "cfo.pem").read_bytes() == damaged


def test_a_lost_private_key_is_not_silently_replaced(tmp_path: Path) -> None:
    cfo_signing_key(tmp_path, None)
    (tmp_path / "cfo.pem").unlink()
    with pytest.raises(EngineUnavailable, match="restore"):
        cfo_signing_key(tmp_path, None)
    assert not (tmp_path / "cfo.pem").exists()


def test_a_private_key_of_another_pair_is_refused(tmp_path: Path) -> None:
    cfo_signing_key(tmp_path, None)
    (tmp_path / "cfo.pem").write_text(PEM)
    with pytest.raises(EngineUnavailable, match="not of one pair"):
        cfo_signing_key(tmp_path, None)


def test_a_key_file_others_can_read_is_refused(tmp_path: Path) -> None:
    cfo_signing_key(tmp_path, None)
    (tmp_path / "cfo.pem").chmod(0o644)
    with pytest.raises(EngineUnavailable, match="chmod 600"):
        cfo_signing_key(tmp_path, None)


def test_a_place_that_can_not_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineUnavailable, match="can't be written"):
        cfo_signing_key(tmp_path / "file" / "keys", None)


def test_retired_public_keys_are_those_the_operator_kept(tmp_path: Path) -> None:
    assert retired_public_keys(tmp_path) == ()
    (tmp_path / "retired").mkdir()
    old = SigningKey(SEED).verify_key
    (tmp_path / "retired" / "2025.pub").write_bytes(public_pem(old))
    assert [bytes(key) for key in retired_public_keys(tmp_path)] == [bytes(old)]
    (tmp_path / "retired" / "2024.pub").write_text("what")
    with pytest.raises(EngineUnavailable, match="damaged"):
        retired_public_keys(tmp_path)
