"""Proof of one row: made from its document and the exported tiles, checked with nothing but the file and the keys."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from nacl.signing import VerifyKey
from pydantic import ValidationError

from chimera.contracts.error import validation_failed
from chimera.contracts.proof import LedgerProof, ProofReport
from chimera.core.errors import ChimeraError
from chimera.security.decision_signature import canonical, is_signed, key_id_of, read_document
from chimera.security.signed_note import NoteKey
from chimera.storage.records.ledger import LedgerRecord
from chimera.treasury.log.checkpoint import Checkpoint, read_checkpoint
from chimera.treasury.log.merkle import leaf_data, leaf_hash
from chimera.treasury.log.merkle_proof import Node, includes, inclusion_proof


def prove(
    row: LedgerRecord, cfo_public_key: VerifyKey, checkpoint: Checkpoint, node: Node, log_key: NoteKey
) -> LedgerProof:
    """The proof that `row` is in the tree of `checkpoint`, whose perfect subtrees `node` knows."""
    path = inclusion_proof(row.seq - 1, checkpoint.size, node)
    return LedgerProof(
        format="chimera/ledger-proof/v1",
        tx_id=row.tx_id,
        document=canonical(row.payload),
        signature=row.approval_signature,
        cfo_public_key=bytes(cfo_public_key).hex(),
        leaf_index=row.seq - 1,
        inclusion_proof=tuple(step.hex() for step in path),
        checkpoint=checkpoint.note,
        log_public_key=str(log_key),
    )


def read_proof(content: str | bytes) -> LedgerProof:
    """The proof in a file.

    Raises:
        ValidationFailed: it is none; the message names what is wrong.
    """
    try:
        return LedgerProof.model_validate_json(content)
    except ValidationError as error:
        raise validation_failed(error) from error


def check(proof: LedgerProof, given: Collection[VerifyKey]) -> ProofReport:
    """Check everything the file tells against itself, and its two keys against those `given`."""
    cfo_key = VerifyKey(bytes.fromhex(proof.cfo_public_key))
    raw = {bytes(key) for key in given}
    seal = _read_seal(proof)
    problems = [*_document_problems(proof, cfo_key), *_inclusion_problems(proof, seal)]
    cfo_given = bytes(cfo_key) in raw
    log_given = seal.log_key is not None and bytes(seal.log_key.public_key) in raw
    return ProofReport(
        ok=not problems and cfo_given and log_given,
        consistent=not problems,
        verdict=_verdict(bool(problems), cfo_given, log_given),
        tx_id=proof.tx_id,
        row=proof.leaf_index + 1,
        tree_size=seal.checkpoint.size if seal.checkpoint else None,
        ledger=seal.checkpoint.origin if seal.checkpoint else None,
        cfo_key_id=key_id_of(cfo_key),
        cfo_key_given=cfo_given,
        log_public_key=proof.log_public_key,
        log_key_given=log_given,
        document=proof.document,
        problems=tuple(problems),
    )


@dataclass(frozen=True, slots=True)
class _Seal:
    """The log's side of a proof as far as it can be read, or why it can't."""

    log_key: NoteKey | None
    checkpoint: Checkpoint | None
    problem: str | None


def _read_seal(proof: LedgerProof) -> _Seal:
    log_key = None
    try:
        log_key = NoteKey.parse(proof.log_public_key)
        return _Seal(log_key, read_checkpoint(proof.checkpoint, log_key), None)
    except ChimeraError as error:
        return _Seal(log_key, None, error.message)


def _document_problems(proof: LedgerProof, cfo_key: VerifyKey) -> Iterator[str]:
    if not is_signed(proof.document, proof.signature, cfo_key):
        yield "the signature is not of this document and the CFO's key in the file"
    try:
        fields = read_document(proof.document)
    except ChimeraError as error:
        yield error.message
        return
    if fields.get("tx_id") != str(proof.tx_id):
        yield f"the document is of transaction {fields.get('tx_id')}, the file tells {proof.tx_id}"
    if fields.get("seq") != proof.leaf_index + 1:
        yield f"the document is of row {fields.get('seq')}, the file tells leaf {proof.leaf_index}"


def _inclusion_problems(proof: LedgerProof, seal: _Seal) -> Iterator[str]:
    if seal.checkpoint is None:
        yield f"the checkpoint: {seal.problem}"
        return
    included = includes(
        leaf=leaf_hash(leaf_data(proof.document, proof.signature)),
        index=proof.leaf_index,
        size=seal.checkpoint.size,
        proof=[bytes.fromhex(step) for step in proof.inclusion_proof],
        root=seal.checkpoint.root,
    )
    if not included:
        yield "the inclusion proof does not lead from the document and signature to the checkpoint's root"


def _verdict(is_inconsistent: bool, cfo_given: bool, log_given: bool) -> str:
    if is_inconsistent:
        return "not proven: the file contradicts itself"
    if cfo_given and log_given:
        return "proven: signed by the CFO's key and in the log under the log's key, both of which you gave"
    missing = " and ".join(
        name for name, given in (("the CFO's key", cfo_given), ("the log's key", log_given)) if not given
    )
    return (
        f"consistent, but signed by a key you have not given ({missing}): get cfo.pub and log.pub from somebody you "
        "trust and name them with --key"
    )
