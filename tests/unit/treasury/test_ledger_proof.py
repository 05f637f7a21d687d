"""Proofs of one row: checked with plain `cryptography` and hashlib, and refused when anything in them was changed."""

import base64
import hashlib
import json
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.signing import SigningKey

from chimera.contracts.proof import LedgerProof
from chimera.core.errors import Detail, ValidationFailed
from chimera.security.signed_note import NoteKey
from chimera.treasury.log.checkpoint import signed_checkpoint
from chimera.treasury.log.merkle import Frontier
from chimera.treasury.log.merkle_proof import perfect_nodes
from chimera.treasury.log.proof import check, prove, read_proof
from factories_ledger_rows import signed_record

CFO, LOG = SigningKey(bytes(range(32))), SigningKey(bytes([7]) * 32)
BOTH = (CFO.verify_key, LOG.verify_key)
SIZE, PLACE = 300, 77


def _fields(seq: int) -> dict[str, Detail]:
    return {
        "seq": seq,
        "tx_id": str(UUID(int=seq)),
        "request_id": str(UUID(int=seq)),
        "agent_id": str(UUID(int=1)),
        "request_type": "api_call",
        "amount": "1.00",
        "justification": "a film \u00e9",
        "decided_at": "2026-02-06T12:00:00.000000Z",
        "cfo_agent_id": str(UUID(int=2)),
        "reason": "why",
        "reason_code": "WITHIN_RULES",
        "projected_roi": "2.5",
        "risk_score": "0.10",
        "decision": "approved",
    }


@pytest.fixture(scope="module")
def proof() -> LedgerProof:
    """Of row 78 of 300."""
    rows = [signed_record(_fields(seq), CFO, 1) for seq in range(1, SIZE + 1)]
    leaves = [row.leaf_hash for row in rows]
    checkpoint = signed_checkpoint("chimera/ledger", SIZE, Frontier().append(leaves).root(), LOG)
    key = NoteKey("chimera/ledger", LOG.verify_key)
    return prove(rows[PLACE], CFO.verify_key, checkpoint, perfect_nodes(leaves), key)


def test_a_proof_holds_with_nothing_of_ours(proof: LedgerProof) -> None:
    file = json.loads(proof.model_dump_json())
    document, signature = file["document"], file["signature"]
    cfo = Ed25519PublicKey.from_public_bytes(bytes.fromhex(file["cfo_public_key"]))
    cfo.verify(bytes.fromhex(signature[2:]), b"chimera/cfo-decision/v1\n" + document.encode())

    text, _, signatures = file["checkpoint"].rpartition("\n\n")
    origin, size, root = text.split("\n")
    name, key_hash, key = file["log_public_key"].split("+")
    raw = base64.b64decode(key)[1:]
    assert hashlib.sha256(name.encode() + b"\n\x01" + raw).digest()[:4].hex() == key_hash
    signed = base64.b64decode(signatures.split(" ")[2])
    Ed25519PublicKey.from_public_bytes(raw).verify(signed[4:], f"{text}\n".encode())
    assert (origin, name, signed[:4].hex()) == ("chimera/ledger", "chimera/ledger", key_hash)

    value = hashlib.sha256(b"\x00" + document.encode() + b"\n" + signature.encode()).digest()
    place, last = file["leaf_index"], int(size) - 1
    for step in map(bytes.fromhex, file["inclusion_proof"]):
        if place % 2 or place == last:
            value = hashlib.sha256(b"\x01" + step + value).digest()
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            value = hashlib.sha256(b"\x01" + value + step).digest()
        place, last = place >> 1, last >> 1
    assert (last, base64.b64encode(value).decode()) == (0, root)


def test_a_proof_under_both_keys_given_is_proven(proof: LedgerProof) -> None:
    report = check(read_proof(proof.model_dump_json()), BOTH)
    assert (report.ok, report.row, report.tree_size, report.problems) == (True, PLACE + 1, SIZE, ())


@pytest.mark.parametrize("given", [(), BOTH[:1], BOTH[1:], (SigningKey(bytes(32)).verify_key,)])
def test_a_proof_under_keys_not_given_is_only_consistent(proof: LedgerProof, given: tuple[object, ...]) -> None:
    report = check(proof, given)  # type: ignore[arg-type]
    assert (report.ok, report.consistent) == (False, True)
    assert "consistent, but signed by a key you have not given" in report.verdict


def _changes(proof: LedgerProof) -> dict[str, dict[str, object]]:
    return {
        "document": {"document": proof.document.replace("1.00", "9.00")},
        "document that is none": {"document": "{}"},
        "signature": {"signature": "0x" + "00" * 64},
        "signature's case": {"signature": "0x" + proof.signature[2:].upper()},
        "transaction": {"tx_id": UUID(int=1)},
        "place": {"leaf_index": proof.leaf_index + 1},
        "path": {"inclusion_proof": ("00" * 32, *proof.inclusion_proof[1:])},
        "shorter path": {"inclusion_proof": proof.inclusion_proof[:-1]},
        "checkpoint": {"checkpoint": proof.checkpoint.replace("300", "301")},
        "no checkpoint": {"checkpoint": ""},
        "CFO's key": {"cfo_public_key": bytes(LOG.verify_key).hex()},
        "log's key": {"log_public_key": str(NoteKey("chimera/ledger", CFO.verify_key))},
        "no log's key": {"log_public_key": "x"},
    }


def test_a_proof_changed_anywhere_contradicts_itself(proof: LedgerProof) -> None:
    reports = {part: check(proof.model_copy(update=change), BOTH) for part, change in _changes(proof).items()}
    assert [part for part, report in reports.items() if report.ok or report.consistent or not report.problems] == []


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "else"}', "\ud800"])
def test_a_file_that_is_no_proof_is_refused(content: str) -> None:
    with pytest.raises(ValidationFailed):
        read_proof(content)
