"""Tables filled with plausible rows for a measurement, all of them made by the server itself: a million in a minute.

The ledger's rows have their place, their keys and their shapes, and no true signatures: they are there to be read.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chimera.storage.database import WriterConnection

LEDGER_ROWS_PER_STATEMENT = 100_000
_FRONTIER_BYTES = 32
_TRENDS = """
    INSERT INTO trends (id, topic, volume, sentiment_score, rising_velocity, platforms, metadata, created_at)
    SELECT gen_random_uuid(), 'topic ' || n, n %% 1000000, ((n %% 201) - 100) / 100.0, (n %% 1000) / 100.0,
        '["reddit"]', jsonb_build_object('top_posts', jsonb_build_array('https://example.org/' || n),
            'influencers', jsonb_build_array('community ' || n %% 500)),
        %(until)s::timestamptz - n * interval '1 second'
    FROM generate_series(1, %(count)s) AS n
"""
_CONTENT = """
    INSERT INTO content_pipeline (id, trend_source_id, stage, format, script, visual_prompts, production_cost,
        quality_score, metadata, created_at, updated_at, published_at)
    SELECT gen_random_uuid(), trend.id, made.stage, 'video', repeat('Words of a script. ', 40), '["a chart"]', 0.25,
        0.90, jsonb_build_object('storyboard', jsonb_build_object('title', 'Why ' || trend.topic || ' rises',
            'beats', jsonb_build_array(repeat('A beat of the piece. ', 20))),
            'review', jsonb_build_object('outcome', 'passed', 'reasons', '[]'::jsonb)),
        made.at, made.at, CASE WHEN made.stage = 'published' THEN made.at END
    FROM (SELECT n, %(until)s::timestamptz - n * interval '2 seconds' AS at,
            CASE WHEN n %% 1000 = 0 THEN 'draft' WHEN n %% 1000 = 1 THEN 'generating' WHEN n %% 500 = 2 THEN 'review'
                 WHEN n %% 20 = 3 THEN 'failed' ELSE 'published' END AS stage
        FROM generate_series(1, %(count)s) AS n) AS made
    JOIN (SELECT id, topic, row_number() OVER (ORDER BY created_at DESC, id) AS n FROM trends) AS trend
        ON trend.n = 1 + (made.n - 1) %% (SELECT greatest(count(*), 1) FROM trends)
"""
_VIDEOS = """
    INSERT INTO video_metadata (id, content_id, title, description, duration_seconds, resolution, fps, codec,
        file_size_bytes, thumbnail_url, video_url, platform_ids, created_at, updated_at)
    SELECT gen_random_uuid(), id, metadata->'storyboard'->>'title', 'What rose, and by how much.', 40, '1080p', 30,
        'h264', 4000000, 'local://assets/' || id || '.jpg', 'local://assets/' || id || '.mp4',
        jsonb_build_object('local', left(md5(id::text), 16)), created_at, created_at
    FROM content_pipeline ORDER BY created_at DESC, id LIMIT %(count)s
"""
_AGENTS = """
    WITH made AS (INSERT INTO agents (id, role, status, created_at, last_heartbeat)
        SELECT gen_random_uuid(), (ARRAY['scout', 'director', 'artist', 'planner', 'worker', 'judge'])[1 + n %% 6],
            CASE WHEN n %% 10 = 0 THEN 'busy' ELSE 'idle' END, %(until)s::timestamptz - n * interval '1 second',
            %(until)s
        FROM generate_series(1, %(count)s) AS n RETURNING id)
    INSERT INTO crew_member (agent_id, paused_at)
    SELECT id, CASE WHEN row_number() OVER () %% 1000 = 0 THEN %(until)s::timestamptz END FROM made
"""
_LEDGER = """
    INSERT INTO ledger (seq, tx_id, request_id, request_hash, kind, agent_id, request_type, amount, amount_micros,
        projected_roi, risk_score, decision, approved, reason_code, approval_signature, key_id, payload, leaf_hash,
        cfo_agent_id, justification, execution_time_ms, created_at, approved_at)
    SELECT made.seq, made.tx, made.request, repeat('a', 64), 'decision', agent.id, made.type, 0.05, 50000, 2.50, 0.10,
        made.decision, made.decision = 'approved',
        CASE WHEN made.decision = 'approved' THEN 'WITHIN_RULES' ELSE 'BUDGET_EXCEEDED' END,
        '0x' || repeat('b', 128), %(key)s,
        jsonb_build_object('kind', 'decision', 'seq', made.seq, 'tx_id', made.tx, 'request_id', made.request,
            'agent_id', agent.id, 'request_type', made.type, 'amount', '0.05', 'projected_roi', '2.50',
            'justification', 'Narration of scene ' || made.seq, 'decision', made.decision, 'risk_score', '0.10',
            'reason', 'It fits.', 'reason_code', 'WITHIN_RULES', 'risk_factors', '[]'::jsonb,
            'conditions', '[]'::jsonb, 'cfo_agent_id', %(cfo)s::uuid,
            'decided_at', to_char(made.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            'budget_remaining', jsonb_build_object('daily', '1.00', 'weekly', '1.00', 'monthly', '1.00')),
        sha256(made.seq::text::bytea), %(cfo)s, 'Narration of scene ' || made.seq, 1, made.at,
        CASE WHEN made.decision = 'approved' THEN made.at END
    FROM (SELECT seq, gen_random_uuid() AS tx, gen_random_uuid() AS request,
            %(since)s::timestamptz + seq * interval '5 seconds' AS at,
            CASE WHEN seq %% 50 = 0 THEN 'rejected' ELSE 'approved' END AS decision,
            (ARRAY['api_call', 'api_call', 'compute', 'storage'])[1 + seq %% 4] AS type
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS seq) AS made
    JOIN (SELECT id, row_number() OVER (ORDER BY created_at, id) AS n FROM agents WHERE role <> 'cfo') AS agent
        ON agent.n = 1 + made.seq %% (SELECT count(*) FROM agents WHERE role <> 'cfo')
    ORDER BY made.seq
"""


@dataclass(frozen=True, slots=True)
class Volumes:
    """How many rows of each."""

    agents: int
    trends: int
    content: int
    videos: int
    ledger: int


def fill(connection: WriterConnection, volumes: Volumes, *, until: datetime, ledger_since: datetime) -> None:
    """Fill empty tables. Rows are spread evenly back from `until`, those of the ledger forward from `ledger_since`."""
    for statement, count in (
        (_AGENTS, volumes.agents),
        (_TRENDS, volumes.trends),
        (_CONTENT, volumes.content),
        (_VIDEOS, volumes.videos),
    ):
        connection.execute(statement, {"count": count, "until": until})
    _fill_ledger(connection, volumes.ledger, ledger_since)
    connection.execute("ANALYZE")


def _fill_ledger(connection: WriterConnection, rows: int, since: datetime) -> None:
    cfo = _cfo(connection)
    key = b"k" * 32
    connection.execute(
        "INSERT INTO ledger_key (key_id, public_key, first_seq, created_at) "
        "VALUES (left(encode(sha256(%(key)s), 'hex'), 16), %(key)s, 1, %(since)s)",
        {"key": key, "since": since},
    )
    for first in range(1, rows + 1, LEDGER_ROWS_PER_STATEMENT):
        last = min(first + LEDGER_ROWS_PER_STATEMENT - 1, rows)
        connection.execute(
            _LEDGER.replace("%(key)s", "left(encode(sha256(%(key)s), 'hex'), 16)"),
            {"cfo": cfo, "key": key, "since": since, "first": first, "last": last},
        )
    connection.execute(
        "UPDATE ledger_head SET frontier = %s, last_time = (SELECT max(created_at) FROM ledger)",
        (b"f" * _FRONTIER_BYTES * rows.bit_count(),),
    )


def _cfo(connection: WriterConnection) -> UUID:
    row = connection.execute(
        "INSERT INTO agents (id, role) SELECT gen_random_uuid(), 'cfo' WHERE NOT EXISTS "
        "(SELECT FROM agents WHERE role = 'cfo') RETURNING id"
    ).fetchone()
    row = row or connection.execute("SELECT id FROM agents WHERE role = 'cfo' ORDER BY created_at, id").fetchone()
    if row is None:
        raise LookupError("no agent of the role cfo")
    found: UUID = row[0]
    return found
