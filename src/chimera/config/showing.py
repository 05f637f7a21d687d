"""What may be shown of the configuration: every variable, where its value comes from, and no secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit, urlunsplit

from chimera.config.given import Given, Origin, read_given
from chimera.config.problem import VariableRefused
from chimera.config.references import AwsReference, VaultReference
from chimera.config.settings import ALL_VARIABLES, SECRET_VARIABLES
from chimera.config.transport import database_terms
from chimera.config.variables import ChimeraVariables, StoreVariables
from chimera.core.secret import MASK

_DATABASE_TERMS = ("sslmode", "sslrootcert", "hostaddr", "service")
_DATABASE_URLS = frozenset({"DATABASE_URL", "DATABASE_OWNER_URL"})
_REDIS_URLS = frozenset({"REDIS_URL"})
_UNREADABLE = "set, and not readable as a url"


@dataclass(frozen=True, slots=True)
class ShownVariable:
    """`value` is None where there is none, and for a secret that is set: `is_set` tells which."""

    name: str
    value: str | None
    source: str
    secret: bool
    is_set: bool
    #: The file, the place in Vault or the name in AWS Secrets Manager that the value comes from.
    where: str | None = None

    @property
    def as_read(self) -> str:
        """The value as a person reads it."""
        if self.secret and self.is_set and self.value is None:
            return f"{MASK} (set)"
        return self.value if self.value is not None else "unset"


def shown_variables(environment: Mapping[str, str]) -> tuple[ShownVariable, ...]:
    """Every variable as `environment` gives it; asks no store and validates nothing."""
    read = read_given(environment, ALL_VARIABLES, SECRET_VARIABLES)
    wrong = {problem.variable for problem in read.problems}
    return tuple(_shown(name, read.given.get(name), wrong=name in wrong) for name in ALL_VARIABLES)


def _shown(name: str, given: Given | None, *, wrong: bool) -> ShownVariable:
    secret = name in SECRET_VARIABLES
    if given is None:
        if wrong:
            return ShownVariable(name, None, "wrong", secret, is_set=True)
        return ShownVariable(name, _default(name), Origin.DEFAULT, secret, is_set=False)
    return ShownVariable(name, _value(name, given), given.origin, secret, is_set=True, where=_where(given))


def _default(name: str) -> str | None:
    field = ChimeraVariables.model_fields.get(name.lower()) or StoreVariables.model_fields.get(name.lower())
    value = field.get_default(call_default_factory=True, validated_data={}) if field is not None else None
    if isinstance(value, frozenset):
        return ",".join(sorted(value)) or None
    return f"{value:f}" if isinstance(value, Decimal) else None if value is None else str(value)


def _value(name: str, given: Given) -> str | None:
    if given.reference is not None:
        return None
    if name in _DATABASE_URLS:
        return _database_url(given.text)
    if name in _REDIS_URLS:
        return _redis_url(given.text)
    return None if name in SECRET_VARIABLES else _without_password(given.text)


def _where(given: Given) -> str | None:
    if isinstance(given.reference, VaultReference):
        version = f"?version={given.reference.version}" if given.reference.version else ""
        return f"{given.reference.mount}/{given.reference.path}{version}#{given.reference.field}"
    if isinstance(given.reference, AwsReference):
        return given.reference.name + (f"#{given.reference.key}" if given.reference.key else "")
    return str(given.file) if given.file is not None else None


def _database_url(url: str) -> str:
    """Put together from what is known to be no secret, so that a password in any place stays out."""
    try:
        terms = database_terms(url)
    except VariableRefused:
        return _UNREADABLE
    user = f"{terms['user']}@" if "user" in terms else ""
    port = f":{terms['port']}" if "port" in terms else ""
    rest = "&".join(f"{name}={terms[name]}" for name in _DATABASE_TERMS if name in terms)
    address = f"postgresql://{user}{terms.get('host', '')}{port}/{terms.get('dbname', '')}"
    return f"{address}?{rest}" if rest else address


def _redis_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    except ValueError:
        return _UNREADABLE
    if not parts.scheme:
        return _UNREADABLE
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{parts.username + '@' if parts.username else ''}{shown}{port}{parts.path}"


def _without_password(text: str) -> str:
    """A value that is no secret; where it is a url, nothing stands before its host or behind its path."""
    if "://" not in text:
        return text
    try:
        parts = urlsplit(text)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
    except ValueError:
        return _UNREADABLE
