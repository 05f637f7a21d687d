"""Rate limits per subject and caller, shared by all processes, and held by each alone while Redis is away.

A process takes tokens out of the shared bucket some at a time, those of a twentieth of a second, and gives them out
without asking; what it does not give out within a second is lost. So Redis is asked about twenty times a second for a
caller that asks as often as it may, and never at all while the caller is refused.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from redis.asyncio import Redis

from chimera.core.clock import Clock
from chimera.runtime.dispatch.trouble import NO_REDIS
from chimera.runtime.limiting.bucket import Bucket, OverRate, Quota
from chimera.runtime.limiting.shared_buckets import SharedBuckets
from chimera.runtime.operations.operation import Rate

REDIS_SECONDS_MAX = 0.5
AWAY_SECONDS = 5.0
"""Redis that did not answer is left alone for so long."""
TAKEN_AHEAD_SECONDS = 0.05
KEPT_SECONDS = 1.0
CALLERS_MAX = 20_000
"""Callers and subjects remembered at once; whoever has not asked for longest is forgotten first."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Held:
    """What this process has for one caller and subject: tokens until `until`, or a refusal until then; `own` is the
    bucket that counts while Redis is away."""

    own: Bucket
    tokens: int = 0
    left: int = 0
    until: float = 0.0
    refused_until: float = 0.0
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


class Limits:
    """Gives callers what they may ask, token by token."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._shared = SharedBuckets(redis)
        self._clock = clock
        self._held: OrderedDict[tuple[str, UUID], _Held] = OrderedDict()
        self._away_until: float | None = None

    async def take(self, subject: str, caller: UUID, rate: Rate) -> Quota:
        """How the caller stands after this request of the subject.

        Raises:
            OverRate: it asks more often than it may.
        """
        held = self._of(subject, caller, rate)
        if (quota := self._at_hand(held, subject, rate)) is not None:
            return quota
        async with held.asking:
            if (quota := self._at_hand(held, subject, rate)) is not None:
                return quota  # somebody else has taken more while this one waited
            await self._take_more(held, f"{subject}:{caller}", rate)
            quota = self._at_hand(held, subject, rate)
        if quota is None:
            raise OverRate(f"{subject} was asked", Quota(rate, 0))
        return quota

    def _of(self, subject: str, caller: UUID, rate: Rate) -> _Held:
        key = (subject, caller)
        held = self._held.get(key)
        if held is None:
            held = self._held[key] = _Held(Bucket.full(rate, self._clock.monotonic()))
            if len(self._held) > CALLERS_MAX:
                self._held.popitem(last=False)
        else:
            self._held.move_to_end(key)
        return held

    def _at_hand(self, held: _Held, subject: str, rate: Rate) -> Quota | None:
        """The quota if there is a token here; None if more must be taken first."""
        now = self._clock.monotonic()
        if held.tokens > 0 and now < held.until:
            held.tokens -= 1
            return Quota(rate, held.left + held.tokens)
        if now < held.refused_until:
            raise OverRate(f"{subject} was asked", Quota(rate, 0, held.refused_until - now))
        return None

    async def _take_more(self, held: _Held, name: str, rate: Rate) -> None:
        wanted = max(1, min(rate.burst, int(rate.per_second * TAKEN_AHEAD_SECONDS)))
        given, left, until_one = await self._shared_or_own(held, name, rate, wanted)
        now = self._clock.monotonic()
        held.tokens, held.left, held.until = given, left, now + KEPT_SECONDS
        held.refused_until = 0.0 if given else now + until_one

    async def _shared_or_own(self, held: _Held, name: str, rate: Rate, wanted: int) -> tuple[int, int, float]:
        if self._away_until is None or self._clock.monotonic() >= self._away_until:
            try:
                async with asyncio.timeout(REDIS_SECONDS_MAX):
                    given = await self._shared.take(name, rate, wanted)
            except (*NO_REDIS, TimeoutError) as error:
                self._note_away(str(error) or type(error).__name__)
            else:
                self._away_until = None
                return given.tokens, given.left, given.seconds_until_one
        now = self._clock.monotonic()
        tokens = held.own.take(1, now)
        return tokens, int(held.own.tokens), held.own.seconds_until_one(now)

    def _note_away(self, problem: str) -> None:
        if self._away_until is None:
            _log.warning("rate_limits_not_shared", problem=problem)
        self._away_until = self._clock.monotonic() + AWAY_SECONDS
