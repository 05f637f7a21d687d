"""A line of the list of pieces as it is told. Pure."""

from chimera.contracts.content import ContentSummary
from chimera.core.vocabulary import ContentFormat, Stage
from chimera.pipeline.planning import plan_of
from chimera.pipeline.telling import why_not_published
from chimera.storage.records.content_page import ContentRow
from chimera.storage.records.publication_plan import PlanRecord


def summary_of(row: ContentRow, plan: PlanRecord | None) -> ContentSummary:
    """The same that `pipeline/telling.py` tells of a piece read whole."""
    return ContentSummary(
        content_id=row.id,
        stage=Stage(row.stage),
        format=None if row.format is None else ContentFormat(row.format),
        topic=row.topic,
        title=row.title or row.topic,
        production_cost=row.production_cost,
        quality_score=row.quality_score,
        media_url=row.media_url,
        platform_ids=row.platform_ids,
        waits_or_failed=why_not_published(Stage(row.stage), row.told),
        plan=None if plan is None else plan_of(plan),
        created_at=row.created_at,
        published_at=row.published_at,
    )
