"""Ed25519 signatures over the CFO's decisions: the signed document, its domain prefix, its text form.

The document is a JSON object, canonical by RFC 8785 and signed behind `DOMAIN`. Its fields by kind of row stand in
docs/treasury.md; a decision has tx_id, seq, kind, request_id, agent_id, request_type, amount (exact USD),
projected_roi, justification, decision, reason, reason_code, risk_score, risk_factors, budget_remaining, conditions,
cfo_agent_id, decided_at.
Every number of money, ROI or risk is a string, so that no reader rounds it.
"""

import hashlib
import json
import re
from collections.abc import Mapping

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from chimera.contracts.approval import SignedDecision
from chimera.core.errors import Detail, InvalidSignature

DOMAIN = b"chimera/cfo-decision/v1\n"
_SIGNATURE = re.compile(r"0x[0-9a-f]{128}")


def key_id_of(public_key: VerifyKey) -> str:
    """The first 16 hex digits of SHA-256 over the raw public key."""
    return hashlib.sha256(bytes(public_key)).hexdigest()[:16]


_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def canonical(document: Mapping[str, Detail]) -> str:
    """RFC 8785 text of a document of strings, lists, objects and small whole numbers under ASCII keys.

    For just these the standard encoder with sorted keys writes the same text, many times faster.
    """
    return _canonical(document)


def sign(document: str, key: SigningKey) -> str:
    """`0x` and 128 hex digits; the same document and key give the same signature."""
    return "0x" + key.sign(DOMAIN + document.encode()).signature.hex()


def is_signed(document: str, signature: str, public_key: VerifyKey) -> bool:
    """Whether `signature`, in its one text form, is of this document and key."""
    if not _SIGNATURE.fullmatch(signature):
        return False
    try:
        public_key.verify(DOMAIN + document.encode(), bytes.fromhex(signature[2:]))
    except (CryptoError, UnicodeEncodeError):
        return False
    return True


def verify(document: str, signature: str, public_key: VerifyKey) -> None:
    """Check that `signature` is of this document and key.

    Raises:
        InvalidSignature: malformed, or of another document or key.
    """
    if not is_signed(document, signature, public_key):
        raise InvalidSignature(
            "the CFO's signature does not fit the decision: ask for a new approval", {"key_id": key_id_of(public_key)}
        )


def read_verified(signed: SignedDecision, public_key: VerifyKey) -> dict[str, Detail]:
    """The decision's fields, once its signature holds under `public_key` and it is of transaction `tx_id`.

    Raises:
        InvalidSignature: another key, another document, another transaction, or no canonical JSON object.
    """
    if signed.key_id != key_id_of(public_key):
        raise InvalidSignature(
            f"the decision is signed under key {signed.key_id}, which is not the CFO's",
            {"key_id": signed.key_id},
        )
    verify(signed.document, signed.signature, public_key)
    fields = read_document(signed.document)
    if fields.get("tx_id") != str(signed.tx_id):
        raise InvalidSignature(
            "the signed document is of another transaction: ask for a new approval", {"tx_id": str(signed.tx_id)}
        )
    return fields


def read_document(document: str) -> dict[str, Detail]:
    """The fields of a decision's text, signature not looked at.

    Raises:
        InvalidSignature: not a JSON object in its canonical form.
    """
    try:
        fields: Detail = json.loads(document, parse_float=_refuse, parse_constant=_refuse)
        if isinstance(fields, dict) and canonical(fields) == document:
            return fields
    except (ValueError, RecursionError) as error:
        raise InvalidSignature("the signed document is not JSON: ask for a new approval") from error
    raise InvalidSignature("the signed document is not a canonical JSON object: ask for a new approval")


def _refuse(number: str) -> None:
    raise ValueError(f"{number}: a document holds no such number")
