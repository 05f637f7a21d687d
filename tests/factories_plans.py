"""The plans of every statement that an operation sends, as the server explains them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import dict_row, tuple_row

from chimera.storage.database import Connection, Database

Plan = dict[str, Any]
FULL_TABLES = frozenset({"trends", "content_pipeline", "video_metadata", "ledger"})
"""Those that section 6's volumes fill."""
GROWING_TABLES = FULL_TABLES | {"review_item", "budget_alert", "escalation", "spend_hold"}


class ExplainedDatabase(Database):
    """A database whose transactions note each SELECT's plan in `plans` before it runs; `settings` bind the planner."""

    def __init__(self, url: str, settings: tuple[str, ...] = ()) -> None:
        self.url = url
        self.plans: list[Plan] = []
        self._settings = settings

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        plans = self.plans

        class Explaining(AsyncCursor[Any]):
            async def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
                if str(query).lstrip().startswith("SELECT") and "pg_" not in str(query):
                    async with AsyncCursor(self.connection, row_factory=tuple_row) as explained:
                        await explained.execute(f"EXPLAIN (FORMAT JSON) {query}".encode(), params)
                        row = await explained.fetchone()
                        assert row is not None
                        plans.append(row[0][0]["Plan"])
                return await super().execute(query, params, **more)

        connection = await AsyncConnection.connect(self.url, row_factory=dict_row, cursor_factory=Explaining)
        async with connection:
            for setting in self._settings:
                await connection.execute(f"SET LOCAL {setting}".encode())
            yield connection

    def nodes(self) -> Iterator[Plan]:
        """Every node of every plan."""
        for plan in self.plans:
            yield from _nodes(plan)


def _nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def whole_reads(nodes: Iterator[Plan], tables: frozenset[str]) -> list[str]:
    """Those of the tables that are read from end to end."""
    return [
        node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan" and node["Relation Name"] in tables
    ]
