"""Ed25519 signatures over the CFO's decisions: the signed document, its domain prefix, its text form.

The document is a JSON object of these fields, canonical by RFC 8785 and signed behind `DOMAIN`:
tx_id, request_id, agent_id, request_type, amount (string, USD), projected_roi, justification, decision,
reason, risk_score, budget_remaining, conditions, cfo_agent_id, decided_at.
"""

import hashlib
import json
from collections.abc import Mapping

import rfc8785
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from chimera.contracts.approval import SignedDecision
from chimera.core.errors import Detail, InvalidSignature

DOMAIN = b"chimera/cfo-decision/v1\n"


def key_id_of(public_key: VerifyKey) -> str:
    """The first 16 hex digits of SHA-256 over the raw public key."""
    return hashlib.sha256(bytes(public_key)).hexdigest()[:16]


def canonical(document: Mapping[str, Detail]) -> str:
    """RFC 8785 text of the document."""
    return rfc8785.dumps(dict(document)).decode()


def sign(document: str, key: SigningKey) -> str:
    """`0x` and 128 hex digits; the same document and key give the same signature."""
    return "0x" + key.sign(DOMAIN + document.encode()).signature.hex()


def verify(document: str, signature: str, public_key: VerifyKey) -> None:
    """Raises:
    InvalidSignature: the signature is malformed or not of this document and key.
    """
    try:
        public_key.verify(DOMAIN + document.encode(), bytes.fromhex(signature.removeprefix("0x")))
    except (BadSignatureError, ValueError) as error:
        raise InvalidSignature(
            "the CFO's signature does not fit the decision: ask for a new approval",
            {"key_id": key_id_of(public_key)},
        ) from error


def read_verified(signed: SignedDecision, public_key: VerifyKey) -> dict[str, Detail]:
    """The decision's fields, once its signature holds under `public_key`.

    Raises:
        InvalidSignature: another key, another document, or no JSON object.
    """
    if signed.key_id != key_id_of(public_key):
        raise InvalidSignature(
            f"the decision is signed under key {signed.key_id}, which is not the CFO's",
            {"key_id": signed.key_id},
        )
    verify(signed.document, signed.signature, public_key)
    fields: dict[str, Detail] = json.loads(signed.document)
    return fields
