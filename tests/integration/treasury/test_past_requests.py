"""The past of agents as the risk score loads it: newest rows, oldest first, with what became of the approvals."""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg
import pytest

from chimera.storage.records.past_requests import PastRequestRow, pasts_of
from chimera.treasury.scoring.past import PastRequest

pytestmark = pytest.mark.engines

NOON = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)


class Book:
    """A ledger written row by row with plain SQL."""

    def __init__(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        self.connection = connection
        self.size = 0
        self.cfo = self.agent("cfo")
        public = bytes(32)
        self.key_id = hashlib.sha256(public).hexdigest()[:16]
        connection.execute(
            "INSERT INTO ledger_key (key_id, public_key, first_seq, created_at) VALUES (%s, %s, 1, now())",
            (self.key_id, public),
        )

    def agent(self, role: str = "worker") -> UUID:
        agent_id = uuid4()
        self.connection.execute("INSERT INTO agents (id, role) VALUES (%s, %s)", (agent_id, role))
        return agent_id

    def write(self, agent: UUID, decision: str | None, *, kind: str = "decision", parent: UUID | None = None) -> UUID:
        self.size += 1
        tx_id, approved = uuid4(), decision == "approved"
        at = NOON + timedelta(minutes=self.size)
        self.connection.execute(
            "INSERT INTO ledger (seq, tx_id, request_id, request_hash, kind, agent_id, request_type, amount, "
            "amount_micros, projected_roi, risk_score, decision, approved, reason_code, parent_tx, approval_signature, "
            "key_id, payload, leaf_hash, cfo_agent_id, justification, execution_time_ms, created_at, approved_at) "
            "VALUES (%s, %s, %s, repeat('0', 64), %s, %s, 'compute', 0.05, 45000, %s, %s, %s, %s, 'X', %s, "
            "'0x' || repeat('0', 128), %s, '{}', sha256(''), %s, %s, 1, %s, %s)",
            (
                *(self.size, tx_id, uuid4(), kind, agent),
                *((Decimal("2.55"), Decimal("0.1"), decision) if decision else (None, None, None)),
                *(approved, parent, self.key_id, self.cfo, f"row {self.size}", at, at if approved else None),
            ),
        )
        return tx_id


def test_the_newest_rows_of_each_agent_come_oldest_first(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        book = Book(connection)
        one, other, silent = book.agent(), book.agent(), book.agent()
        for decision in ("approved", "rejected", "approved"):
            book.write(one, decision)
        book.write(other, "escalated")
        rows = pasts_of(connection, [one, other, silent, uuid4()], 2)
    assert sorted((row.seq, row.agent_id, row.decision) for row in rows) == [
        (2, one, "rejected"),
        (3, one, "approved"),
        (4, other, "escalated"),
    ]
    assert [row.seq for row in rows if row.agent_id == one] == [2, 3]
    at_micros = int((NOON + timedelta(minutes=2)).timestamp()) * 1_000_000
    assert PastRequestRow(2, one, "compute", 45_000, "row 2", at_micros, "rejected", 255, False) in rows


def test_an_approval_that_was_voided_expired_or_overran_is_spoiled(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        book = Book(connection)
        agent = book.agent()
        for kind in ("settle", "void", "expire", "overrun"):
            book.write(agent, None, kind=kind, parent=book.write(agent, "approved"))
        rows = pasts_of(connection, [agent], 10)
    assert [row.spoiled for row in rows] == [False, True, True, True]


def test_a_person_s_answer_is_one_more_decided_request(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        book = Book(connection)
        agent = book.agent()
        book.write(agent, "approved", kind="human", parent=book.write(agent, "escalated"))
        rows = pasts_of(connection, [agent], 10)
    assert [PastRequest(*row).decision for row in rows] == ["escalated", "approved"]
