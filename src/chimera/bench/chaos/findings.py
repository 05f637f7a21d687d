"""What must be true once everything has come to rest, and what is not (pure)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from chimera.bench.chaos.report import PieceEnd, Violation
from chimera.core.vocabulary import EntryKind, Stage, TaskState

_CLOSINGS = frozenset({EntryKind.SETTLE, EntryKind.VOID, EntryKind.EXPIRE})


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """A row of the ledger about a piece's production; `amount` is in whole cents, rounded up, as budgets count it."""

    request_id: UUID
    kind: str
    approved: bool
    amount: Decimal
    amount_micros: int


@dataclass(frozen=True, slots=True)
class PieceFacts:
    """An ordered piece at rest. `stage` is None where it never got a row; `posts` are its posts on the channel."""

    content_id: UUID
    ended: bool
    stage: Stage | None
    error: str | None
    production_cost: Decimal | None
    rows: tuple[MoneyRow, ...]
    posts: int


@dataclass(frozen=True, slots=True)
class StudioFacts:
    """Everything else at rest."""

    ledger_ok: bool
    ledger_problems: tuple[str, ...]
    open_holds: int
    held_usd: Decimal
    spent_usd: Decimal
    tasks: dict[str, int]
    tasks_ordered: int
    effects_left: int
    feed_ids: tuple[str, ...]
    strange_posts: tuple[str, ...]
    scratch_left: tuple[str, ...]
    processes_left: tuple[str, ...]
    slow_ends: tuple[str, ...]


def end_of(piece: PieceFacts) -> PieceEnd:
    """What came of the piece, in a word."""
    if piece.ended and piece.stage is Stage.PUBLISHED:
        return "published"
    if piece.ended and piece.stage is Stage.REVIEW:
        return "waits_for_person"
    if piece.ended and piece.stage is Stage.FAILED and piece.error:
        return "failed"
    return "lost"


def violations_of(pieces: Sequence[PieceFacts], studio: StudioFacts) -> tuple[Violation, ...]:
    """Everything that is not as it must be."""
    found = [violation for piece in pieces for violation in (*_fate(piece), *_money(piece), *_posts(piece))]
    return (*found, *_books(pieces, studio), *_rest(pieces, studio))


def _fate(piece: PieceFacts) -> Iterator[Violation]:
    if end_of(piece) == "lost":
        state = "never ended" if not piece.ended else f"ended in stage {piece.stage} without a reason"
        yield Violation(code="LOST_PIECE", message=f"{state}", content_id=piece.content_id)


def _money(piece: PieceFacts) -> Iterator[Violation]:
    by_request: dict[UUID, list[MoneyRow]] = defaultdict(list)
    for row in piece.rows:
        by_request[row.request_id].append(row)
    for request_id, rows in by_request.items():
        kinds = Counter(row.kind for row in rows)
        closings = sum(kinds[kind] for kind in _CLOSINGS)
        approved = any(row.approved for row in rows)
        if kinds[EntryKind.DECISION] > 1 or closings > 1:
            yield _wrong(piece, "DOUBLE_CHARGE", f"request {request_id} has the rows {dict(kinds)}")
        if approved and closings == 0:
            yield _wrong(piece, "OPEN_APPROVAL", f"request {request_id} was approved and never closed")
        if not approved and closings:
            yield _wrong(piece, "CHARGE_UNAPPROVED", f"request {request_id} was closed and never approved")
    settled = [row for row in piece.rows if row.kind == EntryKind.SETTLE]
    if piece.stage is not Stage.PUBLISHED or piece.production_cost is None:
        return
    if len(settled) != 1:
        yield _wrong(piece, "DOUBLE_CHARGE" if settled else "UNPAID", f"published and settled {len(settled)} times")
    elif Decimal(settled[0].amount_micros) / 1_000_000 != piece.production_cost:
        cost = Decimal(settled[0].amount_micros) / 1_000_000
        yield _wrong(piece, "CHARGE_DIFFERS", f"settled at ${cost}, its production cost ${piece.production_cost}")


def _posts(piece: PieceFacts) -> Iterator[Violation]:
    expected = 1 if piece.stage is Stage.PUBLISHED else 0
    if piece.posts > 1:
        yield _wrong(piece, "DOUBLE_PUBLISH", f"{piece.posts} posts")
    elif piece.posts != expected:
        yield _wrong(piece, "POST_DIFFERS", f"stage {piece.stage}, and {piece.posts} posts")


def _books(pieces: Sequence[PieceFacts], studio: StudioFacts) -> Iterator[Violation]:
    if not studio.ledger_ok:
        yield Violation(code="LEDGER", message="; ".join(studio.ledger_problems)[:500], content_id=None)
    if studio.open_holds or studio.held_usd:
        message = f"{studio.open_holds} holds are open, ${studio.held_usd} are held"
        yield Violation(code="OPEN_HOLD", message=message, content_id=None)
    charged = sum(
        (row.amount for piece in pieces for row in piece.rows if row.kind in {EntryKind.SETTLE, EntryKind.OVERRUN}),
        Decimal(0),
    )
    if charged != studio.spent_usd:
        message = f"${studio.spent_usd} count as spent, the pieces' rows come to ${charged}"
        yield Violation(code="SPENT_DIFFERS", message=message, content_id=None)


def _rest(pieces: Sequence[PieceFacts], studio: StudioFacts) -> Iterator[Violation]:
    published = {f"urn:uuid:{piece.content_id}" for piece in pieces if piece.stage is Stage.PUBLISHED}
    if len(set(studio.feed_ids)) != len(studio.feed_ids) or not set(studio.feed_ids) <= published:
        yield Violation(
            code="FEED_DIFFERS", message="an item stands twice, or is of no published piece", content_id=None
        )
    if studio.tasks.get(TaskState.DONE, 0) != studio.tasks_ordered or len(studio.tasks) > 1:
        message = f"{studio.tasks_ordered} tasks were ordered, and stand at {studio.tasks}"
        yield Violation(code="TASK_LEFT", message=message, content_id=None)
    if studio.effects_left:
        message = f"{studio.effects_left} effects of ended pieces were begun and never looked up"
        yield Violation(code="EFFECT_LEFT", message=message, content_id=None)
    for code, items in _LISTED.items():
        yield from _each(code, getattr(studio, items))


_LISTED = {
    "STRANGE_POST": "strange_posts",
    "SCRATCH_LEFT": "scratch_left",
    "PROCESS_LEFT": "processes_left",
    "SLOW_END": "slow_ends",
}


def _each(code: str, items: Iterable[str]) -> Iterator[Violation]:
    for item in items:
        yield Violation(code=code, message=item, content_id=None)


def _wrong(piece: PieceFacts, code: str, message: str) -> Violation:
    return Violation(code=code, message=message, content_id=piece.content_id)
