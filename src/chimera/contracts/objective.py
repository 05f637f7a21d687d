"""What a channel is to do, unattended: what about, how often, when, for how much, in whose voice."""

import re
from collections.abc import Iterator
from datetime import time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from chimera.contracts.brief import ShortText
from chimera.contracts.contract import Contract, Moment, Number, Usd
from chimera.contracts.order import WordCount
from chimera.core.errors import ValidationFailed
from chimera.core.limits import DAILY_BUDGET_USD_MAX, VELOCITY_MAX, VELOCITY_MIN
from chimera.core.quiet_hours import QUIET_WINDOWS_MAX, QuietWindow, require_free_time
from chimera.core.timeframe import parse_timeframe
from chimera.core.vocabulary import Aspect, Priority, QualityPreset

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PIECES_PER_DAY_MAX = 288
PIECES_AT_ONCE_MAX = 100
INTERVAL_MAX = timedelta(days=7)
_INTERVAL = re.compile(r"([1-9]\d{0,3})([mhd])")
_WALL_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def parse_interval(text: str) -> timedelta:
    """The length that `30m`, `6h` or `1d` names: one minute to seven days.

    Raises:
        ValueError: it names none.
    """
    found = _INTERVAL.fullmatch(text)
    length = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
    if length is None or length > INTERVAL_MAX:
        raise ValueError(f"{text!r} is not 1 minute to 7 days: write it like 30m, 6h or 1d")
    return length


class Replay(Contract):
    """For recorded posts: the first slot looks at them as of `start`, each later one `step` further on."""

    start: Moment
    step: str

    @field_validator("step")
    @classmethod
    def _is_an_interval(cls, step: str) -> str:
        parse_interval(step)
        return step


class Objective(Contract):
    """One channel. Exactly one of `per_day`, `every` and `publish_at` says how often; times are the zone's wall clock.
    At most `pieces_at_once` slots are under way at a time, from their scan to the piece's end.

    `prepare` is how long before its slot a piece is begun. `piece_budget_usd` is set aside for each piece under way
    until its real price is known; budgets count days in UTC, as the CFO does.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,99}$")]
    source: Annotated[str, Field(min_length=1, max_length=500)] = "recorded"
    columns: Annotated[str, Field(max_length=500)] | None = None
    replay: Replay | None = None
    keywords: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(default=(), max_length=50)
    exclude: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(default=(), max_length=200)
    timeframe: str = "24h"
    min_velocity: Annotated[Number, Field(ge=VELOCITY_MIN, le=VELOCITY_MAX)] = Decimal("0.5")
    per_day: Annotated[int, Field(ge=1, le=PIECES_PER_DAY_MAX)] | None = None
    every: str | None = None
    publish_at: tuple[str, ...] = Field(default=(), max_length=PIECES_PER_DAY_MAX)
    days: tuple[Weekday, ...] = Field(default=WEEKDAYS, min_length=1, max_length=7)
    time_zone: str = "UTC"
    quiet_hours: tuple[str, ...] = Field(default=(), max_length=QUIET_WINDOWS_MAX)
    prepare: str = "20m"
    pieces_at_once: Annotated[int, Field(ge=1, le=PIECES_AT_ONCE_MAX)] = 5
    daily_budget_usd: Annotated[Usd, Field(gt=0, le=DAILY_BUDGET_USD_MAX, decimal_places=2)]
    piece_budget_usd: Annotated[Usd, Field(gt=0, decimal_places=2)]
    personas: tuple[ShortText, ...] = Field(default=("plain_counter",), min_length=1, max_length=20)
    platforms: tuple[Literal["local"], ...] = Field(default=("local",), min_length=1, max_length=1)
    format: Literal["video"] = "video"
    aspect: Aspect = Aspect.VERTICAL
    quality: QualityPreset = QualityPreset.STANDARD
    words_min: WordCount = 110
    words_max: WordCount = 140
    priority: Priority = Priority.NORMAL

    @field_validator("timeframe")
    @classmethod
    def _is_a_timeframe(cls, text: str) -> str:
        try:
            parse_timeframe(text)
        except ValidationFailed as failure:
            raise ValueError(failure.message) from failure
        return text

    @field_validator("every", "prepare")
    @classmethod
    def _is_an_interval(cls, text: str | None) -> str | None:
        if text is not None:
            parse_interval(text)
        return text

    @field_validator("publish_at")
    @classmethod
    def _are_wall_times(cls, times: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [text for text in times if not _WALL_TIME.fullmatch(text)]:
            raise ValueError(f"{', '.join(map(repr, wrong))}: write times like 08:30")
        if len(set(times)) < len(times):
            raise ValueError("names a time twice")
        return tuple(sorted(times))

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (OSError, ValueError, KeyError) as error:
            raise ValueError(f"{name!r} is no IANA time zone: write it like Europe/Berlin") from error
        return name

    @field_validator("quiet_hours")
    @classmethod
    def _leave_free_time(cls, windows: tuple[str, ...]) -> tuple[str, ...]:
        try:
            require_free_time(tuple(map(QuietWindow.parse, windows)))
        except ValidationFailed as failure:
            raise ValueError(failure.message) from failure
        return windows

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if problems := "; ".join(self._contradictions()):
            raise ValueError(problems)
        return self

    def _contradictions(self) -> Iterator[str]:
        given = [name for name in ("per_day", "every", "publish_at") if getattr(self, name)]
        if len(given) != 1:
            yield f"set exactly one of per_day, every and publish_at, not {' and '.join(given) or 'none'}"
        if self.words_min > self.words_max:
            yield f"words_min {self.words_min} is above words_max {self.words_max}"
        if self.piece_budget_usd > self.daily_budget_usd:
            yield "piece_budget_usd is above daily_budget_usd: no piece could ever be made"
        walls = (time.fromisoformat(text) for text in self.publish_at)
        if quiet := [f"{wall:%H:%M}" for wall in walls if any(window.holds(wall) for window in self.quiet)]:
            yield f"publish_at {', '.join(quiet)} lies in the quiet hours"

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def quiet(self) -> tuple[QuietWindow, ...]:
        return tuple(map(QuietWindow.parse, self.quiet_hours))
