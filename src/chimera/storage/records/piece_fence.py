"""Tables `piece_fence` and `piece_cancel`: which run may act for a piece, and which pieces are to stop.

Whoever begins to work for a piece takes the next fence of its lane; a transaction under an older one is refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from chimera.core.errors import Conflict
from chimera.storage.database import Connection

PIECE = "piece"
"""The lane of the piece's workflow itself; a step that another host may do has its own name's."""


class Superseded(Conflict):
    """A newer run acts for the piece: this one stops, and neither fails the piece nor writes anything."""


@dataclass(frozen=True, slots=True)
class Fence:
    """The right to act for a piece in a lane, until a higher number is given out."""

    content_id: UUID
    lane: str
    number: int

    async def check(self, connection: Connection) -> None:
        """Return if this is the newest fence; none newer is given out before the connection's transaction ends.

        Raises:
            Superseded: a newer one was given out.
        """
        cursor = await connection.execute(
            "SELECT fence FROM piece_fence WHERE content_id = %s AND lane = %s FOR SHARE", (self.content_id, self.lane)
        )
        row = await cursor.fetchone()
        if row is None or row["fence"] != self.number:
            raise Superseded(
                f"a newer run works on content {self.content_id}: this one stops",
                {"content_id": str(self.content_id), "lane": self.lane, "fence": self.number},
            )


async def take(connection: Connection, content_id: UUID, lane: str, host_id: UUID) -> Fence:
    """The next fence of the lane; every earlier one is refused from now on."""
    cursor = await connection.execute(
        "INSERT INTO piece_fence AS held (content_id, lane, fence, host_id) VALUES (%s, %s, 1, %s) "
        "ON CONFLICT (content_id, lane) DO UPDATE SET fence = held.fence + 1, host_id = excluded.host_id, "
        "updated_at = now() RETURNING fence",
        (content_id, lane, host_id),
    )
    row = await cursor.fetchone()
    if row is None:
        raise LookupError(f"no fence for {content_id}/{lane}")
    return Fence(content_id, lane, row["fence"])


async def revoke(connection: Connection, content_id: UUID, lanes: Iterable[str] | None = None) -> None:
    """Refuse every fence given out for these lanes of the piece; for all of them if none is named."""
    await connection.execute(
        "UPDATE piece_fence SET fence = fence + 1, updated_at = now() WHERE content_id = %s "
        "AND (%s::text[] IS NULL OR lane = ANY(%s))",
        (content_id, names := None if lanes is None else list(lanes), names),
    )


async def ask_cancel(connection: Connection, content_id: UUID, asked_by: str, now: datetime) -> None:
    """Somebody wants the piece stopped; asked again, the first one stands."""
    await connection.execute(
        "INSERT INTO piece_cancel (content_id, asked_by, asked_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (content_id, asked_by, now),
    )


async def forget_cancel(connection: Connection, content_id: UUID) -> None:
    await connection.execute("DELETE FROM piece_cancel WHERE content_id = %s", (content_id,))


async def cancelled(connection: Connection, content_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Those of the pieces that are to stop, each with who asked for it."""
    cursor = await connection.execute(
        "SELECT content_id, asked_by FROM piece_cancel WHERE content_id = ANY(%s)", (list(content_ids),)
    )
    return {row["content_id"]: row["asked_by"] for row in await cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """Who wants the piece stopped, and since when."""

    asked_by: str
    asked_at: datetime


async def cancel_asked(connection: Connection, content_id: UUID) -> CancelAsked | None:
    async with connection.cursor(row_factory=class_row(CancelAsked)) as cursor:
        await cursor.execute("SELECT asked_by, asked_at FROM piece_cancel WHERE content_id = %s", (content_id,))
        return await cursor.fetchone()
