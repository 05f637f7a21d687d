"""Entity tags (RFC 9110, section 8.8.3) of documents, and whether a caller changes the one he saw."""

import hashlib

from chimera.contracts.contract import Contract
from chimera.core.errors import PreconditionFailed, ValidationFailed

TAG_HEX_DIGITS = 32


def tag_of(body: bytes) -> str:
    """The tag of an answer with this body: the same for the same bytes."""
    return f'"{hashlib.sha256(body).hexdigest()[:TAG_HEX_DIGITS]}"'


def require_seen(document: Contract, if_match: str | None) -> None:
    """Return if `document` is what the caller saw.

    Raises:
        ValidationFailed: he does not say what he saw. PreconditionFailed: it was changed since.
    """
    if if_match is None:
        raise ValidationFailed("say which version you change: send its ETag as If-Match", {"field": "If-Match"})
    if tag_of(document.model_dump_json().encode()) not in {shown.strip() for shown in if_match.split(",")}:
        raise PreconditionFailed("it was changed since you read it: read it again, then change it")
