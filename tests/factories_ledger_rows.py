"""Valid ledger rows of every kind by plain SQL: signed, hashed into the tree, charged, with what is open beside them.

What a row does to the budget is written out here a second time, in Decimals, so that the verification has a match.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from uuid import UUID, uuid4

from nacl.signing import SigningKey
from psycopg.types.json import Jsonb

from chimera.core.errors import Detail
from chimera.core.vocabulary import Role
from chimera.security.decision_signature import canonical, key_id_of, sign
from chimera.storage.database import Connection, Database
from chimera.storage.records import agents
from chimera.storage.records.ledger import LedgerRecord
from chimera.treasury.columns import columns_of
from chimera.treasury.log.merkle import Frontier, leaf_data, leaf_hash

Payload = dict[str, Detail]
LIMITS = {"daily": Decimal("1000.00"), "weekly": Decimal("5000.00"), "monthly": Decimal("20000.00")}
HOLD = timedelta(hours=1)
_COLUMNS = [column.name for column in fields(LedgerRecord)]
_INSERT = f"INSERT INTO ledger ({', '.join(_COLUMNS)}) VALUES ({', '.join(['%s'] * len(_COLUMNS))})"


@dataclass(frozen=True, slots=True)
class Seal:
    """What a row holds beside its document: the signature, the leaf of both, and the time the decision took."""

    signature: str
    key_id: str
    leaf_hash: bytes
    execution_time_ms: int


def record_of(fields: Payload, seal: Seal) -> LedgerRecord:
    """The row of a document of any kind: every column but the seal's follows from the fields.

    Raises:
        KeyError, ValueError, ArithmeticError: a field is missing or of another form.
    """
    columns = columns_of(fields)
    return LedgerRecord(
        seq=int(str(fields["seq"])),
        tx_id=UUID(columns.tx_id),
        request_id=UUID(columns.request_id),
        request_hash=columns.request_hash,
        kind=columns.kind,
        agent_id=UUID(columns.agent_id),
        request_type=columns.request_type,
        amount=Decimal(columns.amount),
        amount_micros=columns.amount_micros,
        currency=columns.currency,
        projected_roi=None if columns.projected_roi is None else Decimal(columns.projected_roi),
        risk_score=None if columns.risk_score is None else Decimal(columns.risk_score),
        decision=columns.decision,
        approved=columns.approved,
        reason_code=columns.reason_code,
        parent_tx=None if columns.parent_tx is None else UUID(columns.parent_tx),
        approval_signature=seal.signature,
        key_id=seal.key_id,
        payload=dict(fields),
        leaf_hash=seal.leaf_hash,
        cfo_agent_id=UUID(columns.cfo_agent_id),
        justification=columns.justification,
        execution_time_ms=seal.execution_time_ms,
        created_at=datetime.fromisoformat(columns.created_at),
        approved_at=None if columns.approved_at is None else datetime.fromisoformat(columns.approved_at),
    )


def signed_record(fields: Payload, key: SigningKey, execution_time_ms: int) -> LedgerRecord:
    """The row of a document, signed."""
    document = canonical(fields)
    signature = sign(document, key)
    leaf = leaf_hash(leaf_data(document, signature))
    return record_of(fields, Seal(signature, key_id_of(key.verify_key), leaf, execution_time_ms))


@dataclass
class LedgerRows:
    """A ledger that grows row by row. Every method that makes a row appends it at once and answers its payload."""

    database: Database
    key: SigningKey
    cfo: UUID
    spender: UUID
    at: datetime
    size: int = 0
    frontier: Frontier = field(default_factory=Frontier)
    payloads: dict[str, Payload] = field(default_factory=dict)
    paused_by: str | None = None

    async def decision(
        self, cost: str = "15.00", outcome: str = "approved", *, request_type: str = "api_call", hold: bool = False
    ) -> Payload:
        payload = self.decision_payload(cost, outcome, request_type=request_type, hold=hold)
        await self.append([payload])
        return payload

    async def human(self, escalated: Payload, cost: str, outcome: str = "approved", *, hold: bool = False) -> Payload:
        code = "HUMAN_APPROVED" if outcome == "approved" else "HUMAN_REJECTED"
        payload = {
            **self.decision_payload(cost, outcome, request_type=str(escalated["request_type"]), hold=hold),
            **_copied(escalated),
            "kind": "human",
            "reason_code": code,
            "risk_score": escalated["risk_score"],
            "parent_tx": escalated["tx_id"],
            "answered_by": "ada",
        }
        await self.append([payload])
        return payload

    async def settle(self, approved: Payload, actual: str) -> Payload:
        return await self._child(approved, "settle", actual, approved_amount=approved["amount"])

    async def void(self, approved: Payload) -> Payload:
        return await self._child(approved, "void", str(approved["amount"]))

    async def expire(self, approved: Payload) -> Payload:
        return await self._child(approved, "expire", str(approved["amount"]))

    async def overrun(self, approved: Payload, excess: str, booked: str) -> Payload:
        """`booked` of every line's excess was still free; the rest is debt."""
        lines: Payload = dict.fromkeys(_categories(approved), booked)
        of_periods: Payload = dict.fromkeys(LIMITS, lines)
        return await self._child(approved, "overrun", excess, booked=of_periods)

    async def pause(self) -> Payload:
        return await self._switch("pause")

    async def resume(self) -> Payload:
        return await self._switch("resume")

    async def decisions(self, count: int) -> None:
        """Many approvals of one cent in one go."""
        first = self.size
        await self.append([self.decision_payload("0.01", seq=first + number) for number in range(1, count + 1)])

    def decision_payload(
        self,
        cost: str,
        outcome: str = "approved",
        *,
        request_type: str = "api_call",
        hold: bool = False,
        seq: int | None = None,
    ) -> Payload:
        tx_id = str(uuid4())
        escalated = outcome == "escalated"
        payload: Payload = {
            **self._common("decision", cost, seq),
            "tx_id": tx_id,
            "request_id": str(uuid4()),
            "agent_id": str(self.spender),
            "request_type": request_type,
            "justification": "a film",
            "projected_roi": "2.5",
            "decision": outcome,
            "risk_score": "0.80" if escalated else "0.10",
            "risk_factors": [],
            "budget_remaining": {"daily": "1.00", "weekly": "1.00", "monthly": "1.00"},
            "conditions": [f"ESCALATED:{tx_id}"] if escalated else [],
        }
        if hold and outcome == "approved":
            payload["hold_expires_at"] = _text(self.at + HOLD)
        return payload

    async def append(self, payloads: Sequence[Payload]) -> None:
        """Enter these documents, and what they do to the budget and to the open holds, in one transaction."""
        rows = [signed_record(payload, self.key, 1) for payload in payloads]
        async with self.database.transaction() as connection:
            await append_rows(connection, rows)
            for payload in payloads:
                self.payloads[str(payload["tx_id"])] = payload
                await self._keep(connection, payload)
            for line, (spent, held, debt) in _sums(payloads, self.payloads).items():
                await _charge(connection, *line, spent, held, debt)
            self.frontier = self.frontier.append([row.leaf_hash for row in rows])
            self.size = self.frontier.size
            await connection.execute(
                "UPDATE ledger_head SET frontier = %s, last_time = greatest(last_time, %s), paused_by = %s",
                (self.frontier.to_bytes(), self.at, self.paused_by),
            )

    async def _child(self, approved: Payload, kind: str, amount: str, **more: Detail) -> Payload:
        payload = {**self._common(kind, amount), **_copied(approved), "parent_tx": approved["tx_id"], **more}
        await self.append([payload])
        return payload

    async def _switch(self, kind: str) -> Payload:
        common = self._common(kind, "0.01")
        self.paused_by = str(common["tx_id"]) if kind == "pause" else None
        payload: Payload = {
            **common,
            "request_id": str(uuid4()),
            "agent_id": str(self.cfo),
            "request_type": "api_call",
            "justification": common["reason"],
            "by": "ada",
        }
        await self.append([payload])
        return payload

    def _common(self, kind: str, amount: str, seq: int | None = None) -> Payload:
        return {
            "kind": kind,
            "seq": seq or self.size + 1,
            "tx_id": str(uuid4()),
            "amount": amount,
            "decided_at": _text(self.at),
            "cfo_agent_id": str(self.cfo),
            "reason": f"a {kind}",
            "reason_code": "TEST",
        }

    async def _keep(self, connection: Connection, payload: Payload) -> None:
        """Open holds and escalations stand beside the ledger until they are closed."""
        tx_id, parent = str(payload["tx_id"]), str(payload.get("parent_tx"))
        if "hold_expires_at" in payload:
            statement = "INSERT INTO spend_hold (tx_id, expires_at) VALUES (%s, %s)"
            await connection.execute(statement, (tx_id, str(payload["hold_expires_at"])))
        if payload.get("decision") == "escalated":
            statement = "INSERT INTO escalation (tx_id, expires_at) VALUES (%s, %s)"
            await connection.execute(statement, (tx_id, self.at + timedelta(days=1)))
        if payload["kind"] in {"settle", "void", "expire"}:
            await connection.execute("DELETE FROM spend_hold WHERE tx_id = %s", (parent,))
        if payload["kind"] == "human":
            await connection.execute("DELETE FROM escalation WHERE tx_id = %s", (parent,))


async def open_ledger_rows(database: Database, at: datetime, key: SigningKey | None = None) -> LedgerRows:
    """An empty ledger with a CFO, its key and a spender."""
    key = key or SigningKey(bytes(range(32)))
    async with database.transaction() as connection:
        cfo = await agents.ensure(connection, Role.CFO, [], uuid4())
        spender = await agents.ensure(connection, Role.ARTIST, [], uuid4())
        await connection.execute(
            "INSERT INTO ledger_key (key_id, public_key, first_seq, created_at) VALUES (%s, %s, 1, %s)",
            (key_id_of(key.verify_key), bytes(key.verify_key), at),
        )
    return LedgerRows(database, key, cfo, spender, at)


async def append_rows(connection: Connection, rows: Sequence[LedgerRecord]) -> None:
    """Insert finished rows; the head's size follows by itself, its frontier does not."""
    values = [[Jsonb(row.payload) if name == "payload" else getattr(row, name) for name in _COLUMNS] for row in rows]
    async with connection.cursor() as cursor:
        await cursor.executemany(_INSERT, values)


Line = tuple[str, str, datetime, datetime]


def _sums(payloads: Sequence[Payload], known: dict[str, Payload]) -> dict[Line, tuple[Decimal, Decimal, Decimal]]:
    sums: dict[Line, tuple[Decimal, Decimal, Decimal]] = {}
    for payload in payloads:
        anchor = known[str(payload["parent_tx"])] if _is_child(payload) else payload
        for period, start, end in _periods(datetime.fromisoformat(str(anchor["decided_at"]))):
            for category in _categories(anchor):
                line = (period, category, start, end)
                before = sums.get(line, (Decimal(0), Decimal(0), Decimal(0)))
                effect = _effect(payload, anchor, period, category)
                sums[line] = (before[0] + effect[0], before[1] + effect[1], before[2] + effect[2])
    return {line: values for line, values in sums.items() if any(values)}


def _effect(payload: Payload, anchor: Payload, period: str, category: str) -> tuple[Decimal, Decimal, Decimal]:
    zero, cents = Decimal(0), _cents(payload["amount"])
    approved = _cents(anchor["amount"])
    held = approved if "hold_expires_at" in anchor else zero
    match payload["kind"]:
        case "decision" | "human" if payload["decision"] == "approved":
            return cents, held, zero
        case "settle":
            return cents - approved, -held, zero
        case "void" | "expire":
            return -approved, -held, zero
        case "overrun":
            booked = payload["booked"][period][category]  # type: ignore[index,call-overload]
            return Decimal(str(booked)), zero, cents - Decimal(str(booked))
    return zero, zero, zero


async def _charge(
    connection: Connection,
    period: str,
    category: str,
    start: datetime,
    end: datetime,
    spent: Decimal,
    held: Decimal,
    debt: Decimal,
) -> None:
    await connection.execute(
        "INSERT INTO budget_tracking (period, category, limit_amount, period_start, period_end) "
        "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (period, category, period_start) DO NOTHING",
        (period, category, LIMITS[period], start, end),
    )
    await connection.execute(
        "UPDATE budget_tracking SET spent_amount = spent_amount + %s, held_amount = held_amount + %s, "
        "debt_amount = debt_amount + %s WHERE period = %s AND category = %s AND period_start = %s",
        (spent, held, debt, period, category, start),
    )


def _is_child(payload: Payload) -> bool:
    return payload["kind"] in {"settle", "void", "expire", "overrun"}


def _copied(parent: Payload) -> Payload:
    return {name: parent[name] for name in ("agent_id", "request_type", "request_id", "justification")}


def _categories(payload: Payload) -> list[str]:
    request_type = str(payload["request_type"])
    return ["total"] if request_type == "blockchain" else [request_type, "total"]


def _cents(amount: Detail) -> Decimal:
    return Decimal(str(amount)).quantize(Decimal("0.01"), rounding=ROUND_CEILING)


def _periods(at: datetime) -> list[tuple[str, datetime, datetime]]:
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = day - timedelta(days=day.weekday())
    month = day.replace(day=1)
    return [
        ("daily", day, day + timedelta(days=1)),
        ("weekly", monday, monday + timedelta(days=7)),
        ("monthly", month, (month + timedelta(days=31)).replace(day=1)),
    ]


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


async def write_rows_anew(connection: Connection, key: SigningKey, changes: dict[int, Payload]) -> None:
    """What the holder of a key can do to a disarmed database: change rows, sign all anew, grow the tree anew."""
    cursor = await connection.execute("SELECT * FROM ledger ORDER BY seq")
    frontier = Frontier()
    for stored in await cursor.fetchall():
        row = signed_record({**stored["payload"], **changes.get(stored["seq"], {})}, key, 1)
        frontier = frontier.append([row.leaf_hash])
        await connection.execute(
            "UPDATE ledger SET payload = %s, approval_signature = %s, leaf_hash = %s, key_id = %s, amount = %s, "
            "amount_micros = %s, request_hash = %s WHERE seq = %s",
            (
                Jsonb(row.payload),
                row.approval_signature,
                row.leaf_hash,
                row.key_id,
                row.amount,
                row.amount_micros,
                row.request_hash,
                row.seq,
            ),
        )
    await connection.execute("UPDATE ledger_head SET frontier = %s", (frontier.to_bytes(),))
