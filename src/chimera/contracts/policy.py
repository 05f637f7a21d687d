"""The policies in force (`/v1/policies`)."""

from typing import Any, Literal

from chimera.contracts.contract import Contract


class Policy(Contract):
    """One policy file; `sha256` is the hash that stands on every decision made by it."""

    name: Literal["safety"]
    version: str
    sha256: str
    document: dict[str, Any]


class PolicyList(Contract):
    policies: tuple[Policy, ...]
