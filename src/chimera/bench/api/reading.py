"""Every list and every single thing read over HTTP, one after the other, in a database with section 6's volumes."""

import json
from collections.abc import Iterator
from itertools import cycle
from typing import Any
from urllib.parse import urlencode

from chimera.bench.api.ground import fill_database
from chimera.bench.api.load import loaded, request_bytes
from chimera.bench.api.served import Served, new_home, serving
from chimera.bench.api.size import Size
from chimera.bench.crew.found import Found, Line
from chimera.bench.crew.spread import percentile
from chimera.core.clock import SystemClock
from chimera.core.errors import ToolFailed
from chimera.core.vocabulary import PersonRole
from chimera.runtime.operations.pages import PAGE_ROWS_MAX

READERS = 20
"""Callers who take turns, so that no one's rate limit is met."""
DEEP_PAGES = 40
_READ_SECONDS_MAX = 60.0

LISTS = {
    "trends": "/v1/trends",
    "content": "/v1/content",
    "content_of_a_stage": "/v1/content?stage=published",
    "content_of_a_rare_stage": "/v1/content?stage=review",
    "videos": "/v1/videos",
    "agents": "/v1/agents",
    "agents_of_a_role": "/v1/agents?role=worker",
    "ledger": "/v1/ledger",
    "ledger_approved": "/v1/ledger?approved=true",
    "ledger_rejected": "/v1/ledger?approved=false",
    "ledger_of_a_type": "/v1/ledger?request_type=compute",
    "ledger_of_a_kind": "/v1/ledger?kind=settle",
    "ledger_part_verified": "/v1/ledger/verify",
    "budgets": "/v1/budgets",
    "budget_lines": "/v1/budgets/lines",
    "budget_history": "/v1/budgets/history",
    "budget_alerts": "/v1/budgets/alerts",
    "approvals": "/v1/approvals",
    "policies": "/v1/policies",
    "reviews": "/v1/reviews",
    "spending": "/v1/spend",
    "holds": "/v1/spend/holds",
    "studio": "/v1/studio",
    "objectives": "/v1/objectives",
    "tasks": "/v1/tasks",
}
SINGLES = {
    "trend": ("/v1/trends", "trends", "trend_id", "/v1/trends/{}"),
    "piece": ("/v1/content", "content", "content_id", "/v1/content/{}"),
    "piece_events": ("/v1/content", "content", "content_id", "/v1/content/{}/events"),
    "pieces_of_a_trend": ("/v1/trends", "trends", "trend_id", "/v1/content?trend_id={}"),
    "video": ("/v1/videos", "videos", "video_id", "/v1/videos/{}"),
    "agent": ("/v1/agents", "agents", "agent_id", "/v1/agents/{}"),
    "ledger_of_an_agent": ("/v1/agents", "agents", "agent_id", "/v1/ledger?agent_id={}"),
    "ledger_row": ("/v1/ledger", "entries", "tx_id", "/v1/ledger/{}"),
    "ledger_explanation": ("/v1/ledger", "entries", "tx_id", "/v1/ledger/{}/explanation"),
}
"""Where the ids come from: a list, its field, the id's field; and what is asked with each."""
DEEP = ("/v1/trends", "/v1/content", "/v1/videos", "/v1/ledger")
"""Followed cursor by cursor in pages of the largest size."""
HALF_WAY = "ledger_half_way"


def reading(size: Size) -> list[Line]:
    """One round: P95 of each, and the slowest of them."""
    with new_home() as home:
        home.ask("migrate")
        fill_database(home.owner_url, SystemClock(), size.volumes)
        readers = home.people_tokens(PersonRole.ADMIN, READERS)
        with serving(home) as served:
            return list(_Reads(served, readers, size).lines())


class _Reads:
    def __init__(self, served: Served, readers: list[str], size: Size) -> None:
        self._served = served
        self._readers = cycle(readers)
        self._size = size

    def lines(self) -> Iterator[Line]:
        p95s: list[float] = []
        for name, times in self._all():
            p95s.append(percentile(times, 95) * 1000)
            how = f"P95 of {len(times)} reads, one after the other over one connection"
            yield Found(f"read_{name}_p95_ms", "ms", p95s[-1], how)
        yield Found("read_worst_p95_ms", "ms", max(p95s), "the largest P95 of all reads")

    def _all(self) -> Iterator[tuple[str, list[float]]]:
        for name, path in LISTS.items():
            yield name, self._times([path])
        for name, (source, field, id_field, path) in SINGLES.items():
            found = [row[id_field] for row in self._read(f"{source}?limit={PAGE_ROWS_MAX}")[field]]
            yield name, self._times([path.format(one) for one in found[:: max(1, len(found) // self._size.reads)]])
        for path in DEEP:
            yield f"{path.rpartition('/')[2]}_page_by_page", self._followed(path)
        half = self._size.volumes.ledger // 2
        yield HALF_WAY, self._times([f"/v1/ledger?limit={PAGE_ROWS_MAX}&cursor={half - n}" for n in range(20)])

    def _followed(self, path: str) -> list[float]:
        times: list[float] = []
        cursor: str | None = None
        for _ in range(DEEP_PAGES):
            query = {"limit": PAGE_ROWS_MAX} | ({"cursor": cursor} if cursor else {})
            asked = f"{path}?{urlencode(query)}"
            answer, seconds = self._asked([asked])
            times += seconds
            cursor = answer["next_cursor"]
            if cursor is None:
                break
        return times

    def _times(self, paths: list[str]) -> list[float]:
        """Of so many reads of each in turn, behind two that are not counted."""
        self._asked(paths[:2])
        turns = (path for path, _ in zip(cycle(paths), range(self._size.reads), strict=False))
        return self._asked(list(turns))[1]

    def _read(self, path: str) -> dict[str, Any]:
        return self._asked([path])[0]

    def _asked(self, paths: list[str]) -> tuple[dict[str, Any], list[float]]:
        requests = [request_bytes("GET", path, next(self._readers)) for path in paths]
        answers = loaded(self._served.port, requests, 1, _READ_SECONDS_MAX, b"{")
        if answers.not_ok or answers.without_mark or len(answers.latencies) < len(paths):
            raise ToolFailed(f"{paths[0]} was not answered: {answers.not_ok} {answers.first_trouble!r}")
        found: dict[str, Any] = json.loads(answers.bodies[-1])
        return found, answers.latencies
