"""What every contract is: frozen, closed to unknown fields, money as Decimal inside and a JSON number outside."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    ValidationInfo,
)

FROM_JSON = "from_json"
"""The context's key that says a parsed document is JSON, where a number in quotes is text and no number."""


class Contract(BaseModel):
    """A frozen JSON document that refuses unknown fields and non-finite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _exact(value: object, info: ValidationInfo) -> object:
    """Read a JSON number by its shortest decimal text, so that 0.1 is 0.1 and not its binary neighbour."""
    is_json = info.mode == "json" or bool(info.context and info.context.get(FROM_JSON))
    if isinstance(value, bool) or (is_json and isinstance(value, str)):
        raise ValueError("must be a number")
    return Decimal(repr(value)) if isinstance(value, float) else value


Number = Annotated[
    Decimal,
    BeforeValidator(_exact),
    PlainSerializer(float, return_type=float, when_used="json"),
]
"""An exact decimal inside, a JSON number outside."""

Usd = Number
"""US dollars; an exact decimal inside, a JSON number outside."""


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _no_number(moment: object) -> object:
    """Seconds since 1970 are no date to read, whether in quotes or not."""
    if isinstance(moment, int | float) or (isinstance(moment, str) and "T" not in moment.upper()):
        raise ValueError("must be a date and a time with a zone, such as 2026-02-06T12:00:00Z")
    return moment


Moment = Annotated[AwareDatetime, BeforeValidator(_no_number), AfterValidator(_in_utc)]
"""A point in time with its zone, kept in UTC and written with a `Z`."""
