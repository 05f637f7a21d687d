"""The variables of specification section 10 (and Chimera's own), read once and validated together."""

from collections.abc import Callable, Collection, Iterator, Mapping
from decimal import Decimal
from typing import Self

from pydantic import ValidationError

from chimera.config.given import Given, read_given
from chimera.config.problem import Problem, VariableRefused, problems_in, refusal
from chimera.config.stores import Stores, stores_of
from chimera.config.transport import (
    Plaintext,
    Resolve,
    addresses_of,
    check_http_url,
    check_redis_url,
    secured_database_url,
)
from chimera.config.variables import LIMIT_VARIABLES, ChimeraVariables, StoreVariables, variable_names
from chimera.contracts.error import Place
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod

ALL_VARIABLES = variable_names((ChimeraVariables, StoreVariables))
SECRET_VARIABLES = ChimeraVariables.secret_names() | StoreVariables.secret_names()
_ALLOWANCE = "CHIMERA_ALLOW_PLAINTEXT"
_OLDER_WORDS = {"CFO_PLAIN_HTTP": Plaintext.CFO, "S3_PLAIN_HTTP": Plaintext.S3}
"""Each says `allowed` and means the same as its service's name in the allowance."""


class Settings(ChimeraVariables):
    """What the studio runs by; secrets are already fetched from where they are kept, and hidden."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], resolve: Resolve = addresses_of) -> Self:
        """Settings from variables; an empty variable counts as unset. Asks the stores that variables refer to.

        Raises:
            ValidationFailed: names every variable that is wrong, and quotes no secret.
            EngineUnavailable: nothing is wrong but a store that does not answer.
        """
        read = read_given(environment, ALL_VARIABLES, SECRET_VARIABLES)
        allowed = _allowed(read.given)
        stores, problems = stores_of(read.given, allowed, resolve)
        problems += read.problems
        texts = _texts(read.given, stores, problems)
        problems += _contradictions(texts, {problem.variable for problem in problems})
        texts = _secured(texts, environment, allowed, resolve, problems)
        settings = cls._validated(texts, problems)
        if problems or settings is None:
            raise refusal(problems)
        return settings

    @classmethod
    def _validated(cls, texts: Mapping[str, str], problems: list[Problem]) -> Self | None:
        values: dict[str, object] = {name: texts[name.upper()] for name in cls.model_fields if name.upper() in texts}
        values["category_budget_limits"] = {
            of: texts[variable] for variable, of in LIMIT_VARIABLES.items() if variable in texts
        }
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            told = {problem.variable for problem in problems}
            problems += [problem for problem in problems_in(error, _variable) if problem.variable not in told]
            return None

    def allows_plaintext(self, service: Plaintext) -> bool:
        """Whether the network to another machine's `service` is trusted as it is."""
        return service in self.chimera_allow_plaintext or service in _older_words(
            {name for name in _OLDER_WORDS if getattr(self, name.lower())}
        )

    def budget_limit(self, period: BudgetPeriod, category: BudgetCategory) -> Decimal:
        """The period's total limit in USD, unless the category has one of its own."""
        total: Decimal = {
            BudgetPeriod.DAILY: self.daily_budget_limit,
            BudgetPeriod.WEEKLY: self.weekly_budget_limit,
            BudgetPeriod.MONTHLY: self.monthly_budget_limit,
        }[period]
        return self.category_budget_limits.get((period, category), total)


def _allowed(given: Mapping[str, Given]) -> frozenset[Plaintext]:
    """What is known of the allowance before everything is validated; a wrong name in it allows nothing."""
    names = {name.strip() for name in given[_ALLOWANCE].text.split(",")} if _ALLOWANCE in given else set()
    return frozenset(service for service in Plaintext if service in names) | _older_words(given)


def _older_words(given: Collection[str]) -> frozenset[Plaintext]:
    return frozenset(service for name, service in _OLDER_WORDS.items() if name in given)


def _texts(given: Mapping[str, Given], stores: Stores, problems: list[Problem]) -> dict[str, str]:
    """Every value itself; those that a store does not give are told as problems."""
    texts: dict[str, str] = {}
    for name, one in given.items():
        try:
            texts[name] = stores.text(one)
        except VariableRefused as refused:
            if name not in {problem.variable for problem in problems}:
                problems.append(Problem(name, refused.text, passing=refused.passing))
    return texts


def _contradictions(texts: Mapping[str, str], wrong: set[str]) -> Iterator[Problem]:
    """What can't stand together, or alone; said of a variable that is not wrong already."""

    def given(name: str) -> bool:
        return name in texts or name in wrong

    if given("DATABASE_OWNER_URL") and not given("DATABASE_URL"):
        yield Problem("DATABASE_OWNER_URL", "needs DATABASE_URL beside it, the url of the application's login")
    if given("S3_ENDPOINT_URL") and not given("S3_BUCKET"):
        yield Problem("S3_ENDPOINT_URL", "needs S3_BUCKET beside it")
    if given("S3_KMS_KEY_ID") and texts.get("S3_ENCRYPTION") != "aws:kms":
        yield Problem("S3_KMS_KEY_ID", "needs S3_ENCRYPTION=aws:kms beside it")
    if given("AWS_ACCESS_KEY_ID") != given("AWS_SECRET_ACCESS_KEY"):
        yield Problem("AWS_ACCESS_KEY_ID", "and AWS_SECRET_ACCESS_KEY are set together or not at all")
    if given("VAULT_TOKEN") and not given("VAULT_ADDR"):
        yield Problem("VAULT_TOKEN", "needs VAULT_ADDR beside it, the server it is for")
    yield from _cfo_contradictions(given)


def _cfo_contradictions(given: Callable[[str], bool]) -> Iterator[Problem]:
    """A process either holds the CFO's key or asks who does, under a token."""
    tokens = [name for name in ("CFO_TOKEN", "CFO_TOKEN_FILE") if given(name)]
    if not given("CFO_URL"):
        for name in (*tokens, *(["CFO_PLAIN_HTTP"] if given("CFO_PLAIN_HTTP") else [])):
            yield Problem(name, "is set without CFO_URL: set the address to ask, or unset it")
    elif given("CFO_PRIVATE_KEY"):
        yield Problem(
            "CFO_URL", "is set together with CFO_PRIVATE_KEY: who asks another process holds no key, unset one"
        )
    elif len(tokens) > 1 or not (tokens or given("JWT_SECRET")):
        yield Problem(
            "CFO_URL",
            "needs one of JWT_SECRET (to make tokens for its agents), CFO_TOKEN_FILE and CFO_TOKEN, the tokens of the "
            "process that holds the key",
        )


def _secured(
    texts: Mapping[str, str],
    environment: Mapping[str, str],
    allowed: frozenset[Plaintext],
    resolve: Resolve,
    problems: list[Problem],
) -> dict[str, str]:
    """The values with urls as they may be used; those to another machine that are not safe are told as problems."""
    database_allowed = Plaintext.DATABASE in allowed

    def database(url: str) -> str:
        return secured_database_url(url, environment, resolve, plaintext_allowed=database_allowed)

    def redis(url: str) -> str:
        check_redis_url(url, resolve, plaintext_allowed=Plaintext.REDIS in allowed)
        return url

    def http(service: Plaintext) -> Callable[[str], str]:
        def check(url: str) -> str:
            check_http_url(url, service, resolve, plaintext_allowed=service in allowed)
            return url

        return check

    checks = {
        "DATABASE_URL": database,
        "DATABASE_OWNER_URL": database,
        "REDIS_URL": redis,
        "S3_ENDPOINT_URL": http(Plaintext.S3),
        "CFO_URL": http(Plaintext.CFO),
    }
    secured = dict(texts)
    for name in checks.keys() & texts.keys():
        try:
            secured[name] = checks[name](texts[name])
        except VariableRefused as refused:
            problems.append(Problem(name, refused.text))
    return secured


_LIMIT_NAMES = {str(of): variable for variable, of in LIMIT_VARIABLES.items()}


def _variable(place: Place) -> str:
    """The variable that a field is read from; Pydantic names a tuple's key by its text."""
    return _LIMIT_NAMES.get(str(place[-1]), str(place[0]).upper())
