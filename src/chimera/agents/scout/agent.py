"""The scout (`internal.agent.scout.analyze`, specification section 3): reads a source, finds what rises, records it."""

import asyncio
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Self
from uuid import UUID

from chimera.agents.scout.candidates import MENTIONS_MIN
from chimera.agents.scout.evidence import Scene, evidence_of, influencers, mentions_of
from chimera.agents.scout.index import PostIndex, Terms
from chimera.agents.scout.keyword import MENTIONS_MIN as KEYWORD_MENTIONS_MIN
from chimera.agents.scout.keyword import keyword_topics
from chimera.agents.scout.look import Look, look_at
from chimera.agents.scout.naming import Spelling, display_name, name_terms
from chimera.agents.scout.refusals import history_too_short, no_posts, nothing_rises, readable_platforms
from chimera.agents.scout.rising import velocity_of
from chimera.agents.scout.topics import Topic
from chimera.contracts.evidence import SourceFacts, TrendEvidence
from chimera.contracts.trend import Trend, TrendAnalysis, TrendAnalysisRequest, TrendMetadata
from chimera.core.clock import Clock, elapsed_ms
from chimera.core.identity import new_id
from chimera.core.limits import TREND_VOLUME_MAX, TRENDS_PER_ANALYSIS_MAX
from chimera.core.timeframe import parse_timeframe
from chimera.security.permissions import Permission, caller_of, require
from chimera.sources.post import PostSource
from chimera.sources.spelling import usual_spelling
from chimera.storage.database import Database
from chimera.storage.records import agents, trends
from chimera.storage.records.trends import TrendRecord

SPELLING_TITLES_MAX = 300
Looking = Callable[[PostSource, datetime, timedelta], Look]


@dataclass(frozen=True, slots=True)
class Finding:
    """A topic with its name and its facts. Each mention holds `terms` in a row, or matches them as a keyword."""

    name: str
    terms: Terms
    is_asked_for: bool
    velocity: Decimal
    influencers: tuple[str, ...]
    evidence: TrendEvidence


class Scout:
    """An agent that looks at one source as of one moment.

    Communities, phrases and originators whose name is not `presentable` are left out of the lists; all counts stay.
    """

    def __init__(
        self,
        agent_id: UUID,
        database: Database,
        source: PostSource,
        clock: Clock,
        as_of: datetime,
        presentable: Callable[[str], bool] = lambda _: True,
        look: Looking = look_at,
    ) -> None:
        self._agent_id = agent_id
        self._database = database
        self._source = source
        self._clock = clock
        self._as_of = as_of.astimezone(UTC)
        self._presentable = presentable
        self._look = look

    def speaking_as(self, agent_id: UUID) -> Self:
        """The same scout under another agent's name."""
        other = copy(self)
        other._agent_id = agent_id
        return other

    async def analyze(self, request: TrendAnalysisRequest) -> TrendAnalysis:
        """One to twenty trends, the strongest first, each written to `trends`.

        Raises:
            Forbidden: this agent may not write trends.
            NoTrends: nothing passes `min_velocity`; the details tell the strongest candidate.
            SourceUnavailable: unreadable, or none of the platforms asked for.
            ValidationFailed: the source holds no post in the window.
        """
        started = self._clock.monotonic()
        unavailable = readable_platforms(request.platforms, self._source)
        found_now = await asyncio.to_thread(find, request, self._source, self._as_of, self._look)
        findings = [self._shown(finding) for finding in found_now]
        found = [self._trend(finding, unavailable) for finding in findings]
        async with self._database.transaction() as connection:
            require(caller_of(await agents.get(connection, self._agent_id), self._agent_id), Permission.WRITE_TRENDS)
            for trend, finding in zip(found, findings, strict=True):
                await trends.insert(connection, self._record(trend, finding))
        return TrendAnalysis(trends=tuple(found), execution_time_ms=elapsed_ms(self._clock, started))

    def _shown(self, finding: Finding) -> Finding:
        evidence = finding.evidence
        kept = {
            "communities": tuple(share for share in evidence.communities if self._presentable(share.name)),
            "phrases": tuple(share for share in evidence.phrases if self._presentable(share.name)),
        }
        influencers = tuple(name for name in finding.influencers if self._presentable(name))
        return replace(finding, influencers=influencers, evidence=evidence.model_copy(update=kept))

    def _trend(self, finding: Finding, unavailable: tuple[str, ...]) -> Trend:
        evidence = finding.evidence
        return Trend(
            trend_id=new_id(self._clock),
            topic=finding.name,
            volume=min(evidence.mentions, TREND_VOLUME_MAX),
            sentiment_score=evidence.sentiment.mean,
            rising_velocity=finding.velocity,
            platforms=(self._source.platform,),
            metadata=TrendMetadata(
                top_posts=tuple(post.url for post in evidence.top_posts),
                influencers=finding.influencers,
                unavailable=unavailable or None,
            ),
        )

    def _record(self, trend: Trend, finding: Finding) -> TrendRecord:
        source = finding.evidence.source
        return TrendRecord(
            id=trend.trend_id,
            topic=trend.topic,
            volume=trend.volume,
            sentiment_score=trend.sentiment_score,
            rising_velocity=trend.rising_velocity,
            platforms=list(trend.platforms),
            metadata={
                **trend.metadata.model_dump(mode="json"),
                "evidence": finding.evidence.model_dump(mode="json"),
                "source": {"name": source.name, "kind": source.kind, "label": source.label},
                "match": {"words_in_a_row": list(finding.terms), "keyword": finding.is_asked_for},
            },
            scout_agent_id=self._agent_id,
            created_at=self._clock.now(),
        )


def find(request: TrendAnalysisRequest, source: PostSource, as_of: datetime, look: Looking = look_at) -> list[Finding]:
    """What rises in `source` as of a moment, without recording it; errors as `Scout.analyze`."""
    seen = look(source, as_of, parse_timeframe(request.timeframe))
    index = seen.index
    if not index.counts.window:
        raise no_posts(source, seen.window, seen.reading)
    if not index.slots:
        raise history_too_short(seen.window, index)
    topics = keyword_topics(request.keywords, index) if request.keywords else seen.topics
    scene = _scene(source, seen)
    least = KEYWORD_MENTIONS_MIN if request.keywords else MENTIONS_MIN
    measured = [(topic, mentions_of(topic, index)) for topic in topics]
    passing = [
        (topic, posts)
        for topic, posts in measured
        if len(posts) >= least and velocity_of(len(posts), topic.head.expected, index.counts) >= request.min_velocity
    ]
    if not passing:
        candidates = [] if request.keywords else seen.candidates
        loose = [Topic(max(candidates, key=lambda c: (c.z, c.terms)), ())] if candidates else []
        strongest = measured[0] if measured else next(((topic, mentions_of(topic, index)) for topic in loose), None)
        named = (_name(strongest[0], seen, source), *strongest) if strongest else None
        raise nothing_rises(request, index, named, is_topic=bool(measured))
    return [_finding(topic, posts, scene, source) for topic, posts in passing[:TRENDS_PER_ANALYSIS_MAX]]


def _scene(source: PostSource, seen: Look) -> Scene:
    index = seen.index
    facts = SourceFacts(
        name=source.name, kind=source.kind, label=source.label, platform=source.platform, posts_read=len(index.posts)
    )
    first_post = datetime.fromtimestamp(int(index.times[0]), UTC)
    return Scene(index, seen.window, facts, max(seen.window.baseline_start, first_post))


def _finding(topic: Topic, posts: Sequence[int], scene: Scene, source: PostSource) -> Finding:
    index = scene.index
    terms = name_terms(topic, index)
    spelling = _spelling_of(topic, index, source)
    return Finding(
        name=display_name(terms, spelling),
        terms=topic.head.terms,
        is_asked_for=topic.is_asked_for,
        velocity=velocity_of(len(posts), topic.head.expected, index.counts),
        influencers=influencers([index.posts[post] for post in posts], source.platform),
        evidence=evidence_of(topic, posts, terms, scene, spelling),
    )


def _name(topic: Topic, seen: Look, source: PostSource) -> str:
    return display_name(name_terms(topic, seen.index), _spelling_of(topic, seen.index, source))


def _spelling_of(topic: Topic, index: PostIndex, source: PostSource) -> Spelling:
    """How the source, or the topic's own titles, spell words."""
    titles = [title for post in topic.head.posts[:SPELLING_TITLES_MAX] if (title := index.posts[post].title)]
    return lambda terms: source.spelling(terms) or usual_spelling(titles, terms)
