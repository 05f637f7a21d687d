"""The planner: chooses the trend worth making under the budget, and leaves sensitive ones to a person."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Self
from uuid import UUID

from pydantic import ValidationError

from chimera.agents.planner.same_event import SAME_EVENT_DAYS, EventTrace, event_trace, same_event
from chimera.agents.planner.worth import Worth, producibility, worth
from chimera.contracts.choice import Choice, PassedOver
from chimera.contracts.evidence import TrendEvidence
from chimera.contracts.trend import Trend
from chimera.core.clock import Clock
from chimera.core.identity import new_id
from chimera.storage.database import Connection, Database
from chimera.storage.records import made_topics, review_item, trends
from chimera.storage.records.review_item import ReviewedTrend, ReviewItem

SensitiveTopics = Callable[[Sequence[str]], tuple[str, ...]]

MENTIONS_MIN = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trend with the evidence its row holds."""

    trend: Trend
    evidence: TrendEvidence

    @property
    def trace(self) -> EventTrace:
        return _trace(self.trend.topic, self.evidence)

    @property
    def texts(self) -> tuple[str, ...]:
        """What is checked for sensitivity: the topic, the phrases, and the strongest posts' keywords."""
        keywords = (" ".join(post.keywords) for post in self.evidence.top_posts)
        return (self.trend.topic, *(phrase.name for phrase in self.evidence.phrases), *keywords)


@dataclass(frozen=True, slots=True)
class Unwanted:
    """What a channel does not make: topics that hold one of these words, and the events of these trends."""

    words: tuple[str, ...] = ()
    trend_ids: tuple[UUID, ...] = ()


NOTHING_UNWANTED = Unwanted()


class Planner:
    """Chooses among the scout's trends. Whether the money is there is the CFO's word, signed and ledgered."""

    def __init__(
        self,
        agent_id: UUID,
        database: Database,
        clock: Clock,
        sensitive_topics: SensitiveTopics,
    ) -> None:
        self.agent_id = agent_id
        self._database = database
        self._clock = clock
        self._sensitive_topics = sensitive_topics

    def speaking_as(self, agent_id: UUID) -> Self:
        """The same planner under another agent's name."""
        other = copy(self)
        other.agent_id = agent_id
        return other

    async def choose(
        self, trends: tuple[Trend, ...], budget_usd: Decimal, unwanted: Unwanted = NOTHING_UNWANTED
    ) -> Choice:
        """The trend to make now, or a choice without one and the reason; every other trend is named with its own.

        A sensitive trend is put on the review list, once for its event; it can be chosen after a person approved it.
        """
        candidates, passed_over = await self._candidates(trends)
        refused = await self._traces(unwanted.trend_ids)
        kept: list[tuple[Candidate, Worth]] = []
        async with self._database.transaction() as connection:
            await review_item.lock_trends(connection)
            for candidate in candidates:
                refusal = _not_wanted(candidate, unwanted, refused) or await self._refusal(connection, candidate)
                if refusal is None:
                    kept.append((candidate, _worth(candidate)))
                else:
                    passed_over.append(refusal)
        return _best(kept, passed_over, budget_usd)

    async def is_free(self, connection: Connection, trend: Trend, evidence: TrendEvidence) -> PassedOver | None:
        """Why the trend can't be made, as this transaction sees it; None where it can.

        What is sensitive is put on the review list, as `choose` does.
        """
        return await self._refusal(connection, Candidate(trend, evidence))

    async def _traces(self, trend_ids: tuple[UUID, ...]) -> list[EventTrace]:
        async with self._database.transaction() as connection:
            rows = await trends.get_many(connection, list(trend_ids)) if trend_ids else []
        return [_trace_of(row.topic, row.metadata) for row in rows]

    async def _candidates(self, found: tuple[Trend, ...]) -> tuple[list[Candidate], list[PassedOver]]:
        async with self._database.transaction() as connection:
            rows = await trends.get_many(connection, [trend.trend_id for trend in found])
        metadata = {row.id: row.metadata for row in rows}
        candidates: list[Candidate] = []
        passed_over: list[PassedOver] = []
        for trend in found:
            try:
                evidence = TrendEvidence.model_validate(metadata.get(trend.trend_id, {}).get("evidence"))
            except ValidationError:
                passed_over.append(_passed_over(trend, "its row holds no usable evidence"))
            else:
                candidates.append(Candidate(trend, evidence))
        return candidates, passed_over

    async def _refusal(self, connection: Connection, candidate: Candidate) -> PassedOver | None:
        if reason := _cannot_be_made(candidate):
            return _passed_over(candidate.trend, reason)
        earliest, latest = _compared_between(candidate.evidence.as_of)
        made_or_chosen = (
            *await made_topics.between(connection, earliest, latest),
            *await made_topics.chosen(connection),
        )
        for made in made_or_chosen:
            if made.trend_id == candidate.trend.trend_id or same_event(
                candidate.trace, _trace_of(made.topic, made.metadata)
            ):
                return _passed_over(candidate.trend, f"the piece {made.content_id} is already about it ({made.topic})")
        return await self._sensitivity(connection, candidate, earliest, latest)

    async def _sensitivity(
        self, connection: Connection, candidate: Candidate, earliest: datetime, latest: datetime
    ) -> PassedOver | None:
        topics = self._sensitive_topics(candidate.texts)
        reviewed = await review_item.trends_between(connection, earliest, latest)
        known = next((item for item in reviewed if _is_about(item, candidate)), None)
        if known is not None and known.state == "approved":
            return None
        if known is not None and known.state == "rejected":
            return _passed_over(candidate.trend, "a person rejected it")
        if not topics and known is None:
            return None
        reason = f"sensitive ({', '.join(topics)}): a person decides" if topics else "it waits for a person's decision"
        if known is None:
            await review_item.add(connection, self._item(candidate.trend, topics, reason))
        return _passed_over(candidate.trend, reason, waits_for_human=True)

    def _item(self, trend: Trend, topics: tuple[str, ...], reason: str) -> ReviewItem:
        return ReviewItem(
            id=new_id(self._clock),
            kind="trend",
            trend_id=trend.trend_id,
            content_id=None,
            subject=trend.topic,
            topics=list(topics),
            reason=reason,
            state="waiting",
            created_at=self._clock.now(),
        )


def _best(kept: list[tuple[Candidate, Worth]], passed_over: list[PassedOver], budget_usd: Decimal) -> Choice:
    if not kept:
        reason = "no trend is left to make: see why each was passed over" if passed_over else "there are no trends"
        return _choice(None, None, budget_usd, reason, tuple(passed_over))
    ranked = sorted(kept, key=lambda pair: (-pair[1].score, str(pair[0].trend.trend_id)))
    best, score = ranked[0]
    weaker = tuple(_passed_over(other.trend, f"{value.explanation}, below the chosen") for other, value in ranked[1:])
    return _choice(best.trend, score, budget_usd, score.explanation, (*passed_over, *weaker))


def _choice(
    trend: Trend | None, score: Worth | None, budget_usd: Decimal, reason: str, passed_over: tuple[PassedOver, ...]
) -> Choice:
    return Choice(
        trend_id=trend.trend_id if trend else None,
        topic=trend.topic if trend else None,
        worth=score.score if score else None,
        budget_usd=max(Decimal(0), budget_usd),
        reason=reason,
        passed_over=passed_over,
    )


def _passed_over(trend: Trend, reason: str, *, waits_for_human: bool = False) -> PassedOver:
    return PassedOver(trend_id=trend.trend_id, topic=trend.topic, reason=reason, waits_for_human=waits_for_human)


def _worth(candidate: Candidate) -> Worth:
    trend = candidate.trend
    return worth(trend.topic, trend.rising_velocity, trend.volume, candidate.evidence)


def _not_wanted(candidate: Candidate, unwanted: Unwanted, refused: list[EventTrace]) -> PassedOver | None:
    topic = candidate.trend.topic.casefold()
    if words := [word for word in unwanted.words if word.casefold() in topic]:
        return _passed_over(candidate.trend, f"the objective leaves out {', '.join(words)}")
    if any(same_event(candidate.trace, trace) for trace in refused):
        return _passed_over(candidate.trend, "it was tried for this slot already")
    return None


def _cannot_be_made(candidate: Candidate) -> str | None:
    if producibility(candidate.trend.topic) == 0:
        return "its name can't be spoken by the English voice"
    if candidate.evidence.mentions < MENTIONS_MIN or candidate.evidence.ratio <= 1:
        return "its evidence shows no rise"
    return None


def _compared_between(as_of: datetime) -> tuple[datetime, datetime]:
    return as_of - timedelta(days=SAME_EVENT_DAYS), as_of + timedelta(days=SAME_EVENT_DAYS)


def _is_about(item: ReviewedTrend, candidate: Candidate) -> bool:
    return same_event(candidate.trace, _trace_of(item.subject, item.metadata))


def _trace(topic: str, evidence: TrendEvidence) -> EventTrace:
    posts = tuple(post.url for post in evidence.top_posts)
    return event_trace(topic, posts, tuple(phrase.name for phrase in evidence.phrases))


def _trace_of(topic: str, metadata: dict[str, object]) -> EventTrace:
    try:
        return _trace(topic, TrendEvidence.model_validate(metadata.get("evidence")))
    except ValidationError:
        return event_trace(topic, ())
