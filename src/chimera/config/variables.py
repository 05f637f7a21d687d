"""Which variables there are: specification section 10's and Chimera's own, typed and described."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_data_path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from chimera.config.transport import Plaintext
from chimera.core.limits import DAILY_BUDGET_USD_MAX
from chimera.core.secret import MASK, Secret
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[a-z0-9-]{1,40}")


def _secret(value: object) -> object:
    return Secret(value) if isinstance(value, str) else value


def _server_url(*schemes: str) -> AfterValidator:
    """A url of one of these schemes; never shown in the refusal, since it may hold a password."""

    def check(url: Secret) -> Secret:
        scheme, mark, _ = url.reveal().partition("://")
        if not mark or scheme not in schemes:
            raise ValueError(f"must be a url that begins with {schemes[0]}://")
        return url

    return AfterValidator(check)


def _matches(pattern: re.Pattern[str], what: str) -> AfterValidator:
    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(f"must be {what}")
        return text

    return AfterValidator(check)


def _services(value: object) -> object:
    if not isinstance(value, str):
        return value
    names = [name.strip() for name in value.split(",") if name.strip()]
    unknown = [name for name in names if name not in set(Plaintext)]
    if unknown:
        raise ValueError(f"knows {', '.join(Plaintext)}, not {', '.join(unknown)}")
    return frozenset(map(Plaintext, names))


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


SecretText = Annotated[Secret, BeforeValidator(_secret), PlainSerializer(lambda _: MASK, return_type=str)]
AbsolutePath = Annotated[Path, AfterValidator(Path.absolute)]
PostgresqlUrl = Annotated[SecretText, _server_url("postgresql", "postgres")]
RedisUrl = Annotated[SecretText, _server_url("redis", "rediss", "unix")]
BudgetLimit = Annotated[Decimal, Field(gt=0, max_digits=10, decimal_places=2)]


class Variables(BaseModel):
    """Field names are the variables' names in lower case."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True, hide_input_in_errors=True
    )

    @classmethod
    def secret_names(cls) -> frozenset[str]:
        """The variables that hold secrets: each may also be given by `NAME_FILE`, Vault or AWS Secrets Manager."""
        return frozenset(name.upper() for name, field in cls.model_fields.items() if _holds_secret(field.annotation))

    def secrets(self) -> Iterator[Secret]:
        """The secrets that are set."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return (value for value in values if isinstance(value, Secret))


def _holds_secret(annotation: Any) -> bool:
    return annotation is Secret or any(_holds_secret(part) for part in getattr(annotation, "__args__", ()))


class StoreVariables(Variables):
    """Where secrets are kept outside of the environment; read before everything else, and not kept."""

    vault_addr: str | None = None
    vault_token: SecretText | None = None
    vault_namespace: str | None = None
    vault_cacert: AbsolutePath | None = None
    aws_region: Annotated[str, _matches(_REGION, "a region such as us-east-1")] | None = None
    aws_endpoint_url_secrets_manager: str | None = None


class ChimeraVariables(Variables):
    """What the studio runs by; unset urls mean the embedded engines."""

    chimera_home: AbsolutePath = Field(default_factory=lambda: user_data_path("chimera", appauthor=False))
    database_url: PostgresqlUrl | None = None
    database_owner_url: PostgresqlUrl | None = None
    redis_url: RedisUrl | None = None
    daily_budget_limit: Annotated[BudgetLimit, Field(le=DAILY_BUDGET_USD_MAX)] = Decimal("1000.00")
    weekly_budget_limit: BudgetLimit = Decimal("5000.00")
    monthly_budget_limit: BudgetLimit = Decimal("20000.00")
    category_budget_limits: dict[tuple[BudgetPeriod, BudgetCategory], BudgetLimit] = Field(default_factory=dict)
    min_roi_hurdle_rate: Annotated[Decimal, Field(ge=0, le=1000)] = Decimal("1.5")
    openai_api_key: SecretText | None = None
    elevenlabs_api_key: SecretText | None = None
    runway_api_key: SecretText | None = None
    s3_bucket: Annotated[str, _matches(_BUCKET, "a bucket's name: 3 to 63 of a-z, 0-9, . and -")] | None = None
    s3_region: Annotated[str, _matches(_REGION, "a region such as us-east-1")] = "us-east-1"
    s3_endpoint_url: str | None = None
    s3_encryption: Literal["AES256", "aws:kms"] = "AES256"
    s3_kms_key_id: str | None = None
    s3_plain_http: Literal["allowed"] | None = None
    aws_access_key_id: str | None = None
    aws_secret_access_key: SecretText | None = None
    aws_session_token: SecretText | None = None
    jwt_secret: SecretText | None = None
    cfo_private_key: SecretText | None = None
    cfo_public_key: str | None = None
    cfo_url: str | None = None
    cfo_token: SecretText | None = None
    cfo_token_file: AbsolutePath | None = None
    cfo_plain_http: Literal["allowed"] | None = None
    ledger_log_private_key: SecretText | None = None
    ledger_log_folder: AbsolutePath | None = None
    chimera_data_key: SecretText | None = None
    chimera_data_key_previous: SecretText | None = None
    chimera_allow_plaintext: Annotated[frozenset[Plaintext], BeforeValidator(_services)] = frozenset()
    chimera_debug: str | None = None
    chimera_log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_upper)] = (
        "WARNING"
    )


LIMIT_VARIABLES = {
    f"BUDGET_LIMIT_{period.name}_{category.name}": (period, category)
    for period in BudgetPeriod
    for category in BudgetCategory
    if category is not BudgetCategory.TOTAL
}
LIMIT_PREFIX = "BUDGET_LIMIT_"


def variable_names(kinds: Sequence[type[Variables]]) -> tuple[str, ...]:
    """Every variable of these kinds, in their order; the limits of categories behind the limits of periods."""
    names: list[str] = []
    for kind in kinds:
        for name in kind.model_fields:
            names += LIMIT_VARIABLES if name == "category_budget_limits" else [name.upper()]
    return tuple(names)
