"""Where a secret is kept outside: `vault://mount/path#field` and `aws-sm://name#json-key`; read, not asked."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from chimera.config.problem import VariableRefused

VAULT_SCHEME = "vault://"
AWS_SCHEME = "aws-sm://"
_PART = re.compile(r"[A-Za-z0-9_.@+=: -]+")
_FIELD_CHARACTERS_MAX = 256
_VAULT_FORM = "write it like vault://mount/path/of/secret#field (or ...secret?version=3#field)"
_AWS_FORM = "write it like aws-sm://name-or-arn#json-key, or aws-sm://name for the whole text"


@dataclass(frozen=True, slots=True)
class VaultReference:
    """A field of a secret of HashiCorp Vault's KV version 2; the newest version unless one is named."""

    mount: str
    path: str
    field: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class AwsReference:
    """A secret of AWS Secrets Manager, or one key of the JSON object in it."""

    name: str
    key: str | None = None
    version_id: str | None = None
    version_stage: str | None = None


Reference = VaultReference | AwsReference


def reference_in(text: str) -> Reference | None:
    """The reference a variable's value is, or None where the value is the secret itself.

    Raises:
        VariableRefused: it begins like a reference and is none.
    """
    if text.startswith(VAULT_SCHEME):
        return _vault(text.removeprefix(VAULT_SCHEME).strip())
    if text.startswith(AWS_SCHEME):
        return _aws(text.removeprefix(AWS_SCHEME).strip())
    return None


def _vault(text: str) -> VaultReference:
    place, terms, field = _split(text, {"version"}, _VAULT_FORM)
    mount, _, path = place.partition("/")
    version = terms.get("version")
    if not _are_parts(unquote(mount)) or not _are_parts(unquote(path)) or field is None:
        raise VariableRefused(f"is no place in Vault: {_VAULT_FORM}")
    if version is not None and not re.fullmatch(r"[1-9][0-9]{0,8}", version):
        raise VariableRefused(f"names no version: {_VAULT_FORM}")
    return VaultReference(unquote(mount), unquote(path), field, int(version) if version else None)


def _aws(text: str) -> AwsReference:
    place, terms, key = _split(text, {"version-id", "version-stage"}, _AWS_FORM)
    name = unquote(place)
    if not _are_parts(name) or len(name) > 2048:
        raise VariableRefused(f"is no secret of AWS Secrets Manager: {_AWS_FORM}")
    return AwsReference(name, key, terms.get("version-id"), terms.get("version-stage"))


def _split(text: str, terms_known: set[str], form: str) -> tuple[str, dict[str, str], str | None]:
    address, mark, field = text.partition("#")
    place, _, query = address.partition("?")
    terms = dict(parse_qsl(query, keep_blank_values=True))
    if set(terms) - terms_known or (query and not terms) or not all(terms.values()):
        raise VariableRefused(f"has terms that mean nothing here: {form}")
    named = unquote(field)
    if mark and not (0 < len(named) <= _FIELD_CHARACTERS_MAX):
        raise VariableRefused(f"names no field: {form}")
    return place, terms, named if mark else None


def _are_parts(path: str) -> bool:
    """Whether each part is a plain name; `..` would leave the mount that the token's policy speaks of."""
    return all(_PART.fullmatch(part) and part not in {".", ".."} for part in path.split("/"))
