"""The judge agent: reviews a produced piece it had no part in, and writes down its score and its review."""

import asyncio
from collections.abc import Callable, Mapping
from copy import copy
from typing import Self
from uuid import UUID

from chimera.agents.judge.verdict import decide
from chimera.contracts.review import (
    QualityReport,
    QualityRequest,
    Review,
    SafetyFinding,
    SafetyReport,
    SafetyVerdict,
)
from chimera.core.clock import Clock
from chimera.core.errors import Forbidden, NotFound
from chimera.security.permissions import Permission, caller_of, require
from chimera.storage.database import Database
from chimera.storage.records import agents, content_pipeline

GatewayCheck = Callable[[Mapping[str, str]], SafetyReport]
Measure = Callable[[QualityRequest], QualityReport]


def decoded_quality(request: QualityRequest) -> QualityReport:
    """As `quality.measure_quality`, whose decoders (30 MB) a process that reviews nothing does without."""
    from chimera.agents.judge.quality import measure_quality

    return measure_quality(request)


class Judge:
    """One judge agent; several may review different pieces at once."""

    def __init__(
        self,
        agent_id: UUID,
        database: Database,
        clock: Clock,
        gateway_check: GatewayCheck,
        measure: Measure = decoded_quality,
    ) -> None:
        self._agent_id = agent_id
        self._database = database
        self._clock = clock
        self._gateway_check = gateway_check
        self._measure = measure

    def speaking_as(self, agent_id: UUID) -> Self:
        """The same judge under another agent's name."""
        other = copy(self)
        other._agent_id = agent_id
        return other

    async def review(self, content_id: UUID, request: QualityRequest, texts: Mapping[str, str]) -> Review:
        """Measure the video, check every text (keys tell where it stands), decide, and record both.

        Reviewing again replaces the review. Decoding runs in a thread; no transaction is held meanwhile.

        Raises:
            NotFound: no such piece.
            Forbidden: this agent directed or made the piece itself, or is no judge.
        """
        await self._check_independence(content_id)
        quality = await asyncio.to_thread(self._measure, request)
        safety = await asyncio.to_thread(self._check_safety, dict(texts))
        decided = decide(quality, safety)
        review = Review(
            content_id=content_id,
            judge_agent_id=self._agent_id,
            outcome=decided.outcome,
            confidence=decided.confidence,
            quality=quality,
            safety=safety,
            reasons=decided.reasons,
        )
        await self._record(review)
        return review

    async def _check_independence(self, content_id: UUID) -> None:
        async with self._database.transaction() as connection:
            piece = await content_pipeline.get(connection, content_id)
            row = await agents.get(connection, self._agent_id)
        if piece is None:
            raise NotFound(f"there is no content piece {content_id}", {"content_id": str(content_id)})
        if self._agent_id in {piece.director_agent_id, piece.artist_agent_id}:
            raise Forbidden(
                "a judge can't judge its own work: give the piece to another judge",
                {"content_id": str(content_id), "agent_id": str(self._agent_id)},
            )
        require(caller_of(row, self._agent_id), Permission.REVIEW)

    def _check_safety(self, texts: Mapping[str, str]) -> SafetyReport:
        """The gateway's report; where the gateway itself breaks, a blocking one, since nothing goes out unchecked."""
        try:
            return self._gateway_check(texts)
        except Exception as failure:  # noqa: BLE001  fail closed, whatever broke
            finding = SafetyFinding(
                check="gateway",
                verdict=SafetyVerdict.BLOCKED,
                where="all texts",
                excerpt="",
                explanation=f"the SafetyGateway failed ({type(failure).__name__}): mend it and review again",
            )
            return SafetyReport(verdict=SafetyVerdict.BLOCKED, sensitive_topics=(), findings=(finding,), policy_hash="")

    async def _record(self, review: Review) -> None:
        document = review.model_dump(mode="json") | {"reviewed_at": self._clock.now().isoformat()}
        async with self._database.transaction() as connection:
            await content_pipeline.set_quality(connection, review.content_id, review.quality.quality_score)
            await content_pipeline.merge_metadata(connection, review.content_id, {"review": document})
