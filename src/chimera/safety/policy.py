"""The policy file: which finding leads to which verdict, under which limits, and the hash that names it."""

import hashlib
import tomllib
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chimera.contracts.error import validation_failed
from chimera.contracts.judgement import Thresholds
from chimera.contracts.review import SafetyVerdict
from chimera.core.errors import ValidationFailed

_DATA = files("chimera.safety") / "data"
_VOCABULARIES = ("words.rot13.txt", "hostility.toml", "topics.toml")
_FILE_BYTES_MAX = 100_000

WordCategory = Literal["slur", "hate", "violence", "self_harm", "sexual_minor", "sexual", "profanity"]
PersonalKind = Literal[
    "email", "phone", "iban", "payment_card", "social_security_number", "secret", "ip_address", "street_address"
]
Topic = Literal["death", "politics", "health", "finance", "law"]


class PolicyLimits(BaseModel):
    """How much is read at once; what is over is blocked unread."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    texts: Annotated[int, Field(ge=1, le=2_000)]
    characters: Annotated[int, Field(ge=1, le=100_000)]


class SafetyPolicy(BaseModel):
    """A verdict for each thing that can be found. A missing category is an error, never a permission."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    limits: PolicyLimits
    word_list: dict[WordCategory, SafetyVerdict]
    group_hostility: dict[Literal["group_and_hostile_word"], SafetyVerdict]
    personal_data: dict[PersonalKind, SafetyVerdict]
    sensitive_topic: dict[Topic, SafetyVerdict]
    judge: Thresholds
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def load_policy(path: Path | None = None) -> SafetyPolicy:
    """The policy at `path`, or the shipped one.

    Its `sha256` covers the policy file and the vocabularies, in this order: policy, words, hostility, topics.

    Raises:
        ValidationFailed: unreadable, not TOML, or a category is missing, unknown or without a verdict.
    """
    document = _read(path)
    digest = hashlib.sha256(document)
    for name in _VOCABULARIES:
        digest.update((_DATA / name).read_bytes())
    try:
        values = tomllib.loads(document.decode("utf-8"), parse_float=Decimal)
        policy = SafetyPolicy.model_validate(values | {"sha256": digest.hexdigest()})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValidationFailed(f"the safety policy is not TOML in UTF-8: {error}") from error
    except ValidationError as error:
        raise validation_failed(error) from error
    _check_complete(policy)
    return policy


def _read(path: Path | None) -> bytes:
    try:
        document = (_DATA / "policy.toml").read_bytes() if path is None else path.read_bytes()
    except OSError as error:
        raise ValidationFailed(f"the safety policy {path} can't be read: {error.strerror}") from error
    if len(document) > _FILE_BYTES_MAX:
        raise ValidationFailed(f"the safety policy {path} is larger than {_FILE_BYTES_MAX} bytes")
    return document


def _check_complete(policy: SafetyPolicy) -> None:
    shipped = tomllib.loads((_DATA / "policy.toml").read_text("utf-8"))
    for section in ("word_list", "group_hostility", "personal_data", "sensitive_topic"):
        if missing := sorted(set(shipped[section]) - set(getattr(policy, section))):
            raise ValidationFailed(f"the safety policy gives no verdict for {section}: {', '.join(missing)}")
