"""`chimera ledger prove|check|export|checkpoint|verify|rotate-key` on a ledger with rows."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chimera.cli import ledger, ledger_log
from chimera.core.errors import NotFound, ValidationFailed
from chimera.security.keys import cfo_signing_key
from chimera.storage.database import Database
from factories_ledger_rows import LedgerRows, open_ledger_rows

pytestmark = pytest.mark.engines


@pytest.fixture
async def rows(
    database: Database,
    database_url: str,
    redis_url: str,
    owner_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> LedgerRows:
    """Some rows under the CFO's key of a home."""
    monkeypatch.setenv("CHIMERA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("DATABASE_OWNER_URL", owner_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    for name in ("CFO_PRIVATE_KEY", "CFO_URL", "LEDGER_LOG_PRIVATE_KEY", "LEDGER_LOG_FOLDER"):
        monkeypatch.delenv(name, raising=False)
    key = cfo_signing_key(tmp_path / "home" / "keys", None)
    opened = await open_ledger_rows(database, datetime(2026, 2, 6, 12, tzinfo=UTC), key)
    await opened.decisions(5)
    return opened


async def test_a_proof_is_checked_offline_under_the_keys_given(
    rows: LedgerRows, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof, keys = tmp_path / "proof.json", tmp_path / "home" / "keys"
    await ledger_log.prove(next(iter(rows.payloads)), out=proof)
    ledger_log.check(proof, key=[keys / "cfo.pub", keys / "log.pub"])
    assert capsys.readouterr().out.startswith("proven")
    vkey = tmp_path / "log.vkey"
    vkey.write_text(json.loads(proof.read_text())["log_public_key"])
    ledger_log.check(proof, key=[keys / "cfo.pub", vkey], json=True)
    assert json.loads(capsys.readouterr().out)["ok"]
    with pytest.raises(SystemExit, match="1"):
        ledger_log.check(proof)
    assert "signed by a key you have not given" in capsys.readouterr().out


async def test_the_ledger_verifies_from_a_checkpoint_kept_elsewhere(
    rows: LedgerRows, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await ledger_log.checkpoint()
    kept = tmp_path / "kept"
    kept.write_text(capsys.readouterr().out)
    await rows.decisions(3)
    await ledger.verify(from_checkpoint=kept, json=True)
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["entries"], report["checkpoints"], report["exported"]) == (True, 8, 1, 5)


async def test_a_new_key_goes_on_and_a_checkpoint_tells_its_size(
    rows: LedgerRows, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await ledger_log.rotate_key(json=True)
    rotated = json.loads(capsys.readouterr().out)
    assert rotated["retired_file"] == str(tmp_path / "home/keys/retired" / f"{rotated['old_key_id']}.pub")
    rows.key = cfo_signing_key(tmp_path / "home" / "keys", None)
    await rows.decisions(1)
    await ledger_log.checkpoint(json=True)
    assert json.loads(capsys.readouterr().out)["size"] == 6
    await ledger.verify(json=True)
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], len(report["key_ids"])) == (True, 2)


async def test_an_export_goes_to_a_file(rows: LedgerRows, tmp_path: Path) -> None:
    await ledger_log.export(format="jsonl", out=tmp_path / "ledger.jsonl")
    assert len((tmp_path / "ledger.jsonl").read_text().splitlines()) == 5


def test_files_that_are_missing_too_long_or_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="can't be read"):
        ledger_log.check(tmp_path / "none")
    (tmp_path / "long").write_bytes(b"x" * (ledger_log.PROOF_BYTES_MAX + 1))
    with pytest.raises(ValidationFailed, match="is longer"):
        ledger_log.check(tmp_path / "long")
    (tmp_path / "bytes").write_bytes(b"\xff")
    with pytest.raises(ValidationFailed, match="is no text"):
        ledger_log.check(tmp_path / "bytes")
