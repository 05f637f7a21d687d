"""Gathers what the bench looks at once everything has come to rest: rows, ledger, channel, folders."""

import json
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from chimera.agents.artist.production import production_request_ids
from chimera.bench.chaos.findings import MoneyRow, PieceFacts, StudioFacts
from chimera.bench.chaos.ordering import TASKS_A_PIECE
from chimera.bootstrap.ledger_log import verify_studio_ledger
from chimera.bootstrap.studio import Studio
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.platforms.local_channel.address import BASE_URL_DEFAULT
from chimera.platforms.local_channel.feeds import json_feed
from chimera.storage.piece_watch import Onlooker
from chimera.storage.records import content_pipeline, ledger, spend_hold
from chimera.treasury.budget_lines import budget_lines

_UNFINISHED_FILES = ("channel/.incoming-*", "media/**/.*", "log/tile/**/.*")
"""What a killed process leaves half written, and who comes after it takes away."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What was seen of the crew's own end: processes that stayed, and those that ended late or badly."""

    processes_left: tuple[str, ...]
    slow_ends: tuple[str, ...]


async def pieces_at_rest(studio: Studio, content_ids: Collection[UUID], ended: Collection[UUID]) -> list[PieceFacts]:
    """Each ordered piece; `ended` are those whose workflow has."""
    posts = Counter(post.content_id for post in studio.channel.posts())
    found = []
    for content_id in sorted(content_ids):
        async with studio.database.transaction() as connection:
            row = await content_pipeline.get(connection, content_id)
            rows = await ledger.of_requests(connection, production_request_ids(content_id))
        error = row.metadata.get("error") if row else None
        found.append(
            PieceFacts(
                content_id=content_id,
                ended=content_id in ended,
                stage=row.stage if row else None,
                error=f"{error['code']}: {error['message']}" if error else None,
                production_cost=row.production_cost if row else None,
                rows=tuple(
                    MoneyRow(row.request_id, row.kind, row.approved, row.amount, row.amount_micros) for row in rows
                ),
                posts=posts[content_id],
            )
        )
    return found


async def studio_at_rest(
    studio: Studio, onlooker: Onlooker, content_ids: Collection[UUID], ended: Ended
) -> tuple[StudioFacts, int]:
    """Everything else, and how many rows the ledger has."""
    report = await verify_studio_ledger(studio)
    async with studio.database.transaction() as connection:
        open_holds, held_cents = await spend_hold.total(connection)
        lines = await budget_lines(connection, studio.settings.budget_limit, studio.clock.now())
    spent = next(
        line.spent - line.held
        for line in lines
        if (line.period, line.category) == (BudgetPeriod.MONTHLY, BudgetCategory.TOTAL)
    )
    held = max((line.held for line in lines), default=Decimal(0))
    posts = studio.channel.posts()
    facts = StudioFacts(
        ledger_ok=report.ok,
        ledger_problems=tuple(problem.message for problem in report.problems),
        open_holds=open_holds,
        held_usd=max(held, Decimal(held_cents) / 100),
        spent_usd=spent,
        tasks=onlooker.tasks(),
        tasks_ordered=len(content_ids) * TASKS_A_PIECE,
        effects_left=onlooker.effects_left(),
        feed_ids=tuple(item["id"] for item in json.loads(json_feed(posts, BASE_URL_DEFAULT))["items"]),
        strange_posts=tuple(
            f"{post.post_id} of {post.content_id}" for post in posts if post.content_id not in content_ids
        ),
        scratch_left=tuple(_unfinished(studio.home)),
        processes_left=ended.processes_left,
        slow_ends=ended.slow_ends,
    )
    return facts, report.entries


def _unfinished(home: Path) -> Iterator[str]:
    for pattern in _UNFINISHED_FILES:
        for path in sorted(home.glob(pattern)):
            yield str(path.relative_to(home))
