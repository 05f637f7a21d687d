"""The variables of specification section 10 (and Chimera's own), read once and validated together."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from platformdirs import user_data_path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from chimera.contracts.error import Place, validation_failed
from chimera.core.errors import ValidationFailed
from chimera.core.limits import DAILY_BUDGET_USD_MAX
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod


def _server_url(*schemes: str) -> AfterValidator:
    """A url of one of these schemes; never shown in the refusal, since it may hold a password."""

    def check(url: str) -> str:
        scheme, mark, _ = url.partition("://")
        if not mark or scheme not in schemes:
            raise ValueError(f"must be a url that begins with {schemes[0]}://")
        return url

    return AfterValidator(check)


def _limit_variable(period: BudgetPeriod, category: BudgetCategory) -> str:
    return f"BUDGET_LIMIT_{period.name}_{category.name}"


BudgetLimit = Annotated[Decimal, Field(gt=0, max_digits=10, decimal_places=2)]


class Settings(BaseModel):
    """Field names are the variables' names in lower case; unset urls mean the embedded engines."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    chimera_home: Annotated[Path, AfterValidator(Path.absolute)] = Field(
        default_factory=lambda: user_data_path("chimera", appauthor=False)
    )
    database_url: Annotated[str, _server_url("postgresql", "postgres")] | None = None
    database_owner_url: Annotated[str, _server_url("postgresql", "postgres")] | None = None
    redis_url: Annotated[str, _server_url("redis", "rediss", "unix")] | None = None
    daily_budget_limit: Annotated[BudgetLimit, Field(le=DAILY_BUDGET_USD_MAX)] = Decimal("1000.00")
    weekly_budget_limit: BudgetLimit = Decimal("5000.00")
    monthly_budget_limit: BudgetLimit = Decimal("20000.00")
    category_budget_limits: dict[tuple[BudgetPeriod, BudgetCategory], BudgetLimit] = Field(default_factory=dict)
    min_roi_hurdle_rate: Annotated[Decimal, Field(ge=0, le=1000)] = Decimal("1.5")
    jwt_secret: str | None = Field(default=None, repr=False)
    cfo_private_key: str | None = Field(default=None, repr=False)
    ledger_log_private_key: str | None = Field(default=None, repr=False)
    ledger_log_folder: Annotated[Path, AfterValidator(Path.absolute)] | None = None
    cfo_public_key: str | None = None
    cfo_url: Annotated[str, _server_url("https", "http")] | None = None
    cfo_token: str | None = Field(default=None, repr=False)
    cfo_token_file: Path | None = None
    cfo_plain_http: Literal["allowed"] | None = None

    @field_validator("database_owner_url")
    @classmethod
    def _owns_the_named_database(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url and not info.data.get("database_url"):
            raise ValueError("needs DATABASE_URL beside it, the url of the application's login")
        return url

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Settings from variables; an empty variable counts as unset.

        Raises:
            ValidationFailed: names every variable that is wrong.
        """
        names = set(cls.model_fields) - {"category_budget_limits"}
        values: dict[str, object] = {name: environment[name.upper()] for name in names if environment.get(name.upper())}
        values["category_budget_limits"] = {
            (period, category): text
            for period in BudgetPeriod
            for category in BudgetCategory
            if category is not BudgetCategory.TOTAL and (text := environment.get(_limit_variable(period, category)))
        }
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            raise validation_failed(error, _variable) from error
        settings._refuse_contradictions()
        return settings

    def _refuse_contradictions(self) -> None:
        """A process either holds the CFO's key or asks who does, under tokens it makes or the one it was given."""
        tokens = [name for name in ("cfo_token", "cfo_token_file") if getattr(self, name) is not None]
        if self.cfo_url is None:
            alone = [name.upper() for name in (*tokens, *(["cfo_plain_http"] if self.cfo_plain_http else []))]
            if alone:
                raise ValidationFailed(f"{' and '.join(alone)} without CFO_URL: set the address to ask, or unset it")
        elif self.cfo_private_key is not None:
            raise ValidationFailed(
                "CFO_URL together with CFO_PRIVATE_KEY: who asks another process holds no key, unset one"
            )
        elif len(tokens) > 1 or not (tokens or self.jwt_secret):
            raise ValidationFailed(
                "CFO_URL needs one of JWT_SECRET (to make tokens for its agents), CFO_TOKEN_FILE (a refresh token) and "
                "CFO_TOKEN (an access token), the latter from `chimera token issue` over there"
            )

    def budget_limit(self, period: BudgetPeriod, category: BudgetCategory) -> Decimal:
        """The period's total limit in USD, unless the category has one of its own."""
        total: Decimal = {
            BudgetPeriod.DAILY: self.daily_budget_limit,
            BudgetPeriod.WEEKLY: self.weekly_budget_limit,
            BudgetPeriod.MONTHLY: self.monthly_budget_limit,
        }[period]
        return self.category_budget_limits.get((period, category), total)


_CATEGORY_VARIABLES = {
    str((period, category)): _limit_variable(period, category) for period in BudgetPeriod for category in BudgetCategory
}


def _variable(place: Place) -> str:
    """The variable that a field is read from; Pydantic names a tuple's key by its text."""
    return _CATEGORY_VARIABLES.get(str(place[-1]), str(place[0]).upper())
