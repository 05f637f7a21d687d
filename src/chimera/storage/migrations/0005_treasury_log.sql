-- The transparency log and the life of an approval: the signed document as jsonb, each row a leaf of an RFC 6962 tree
-- whose frontier stands in the head, checkpoints, holds and escalations that are still open, limits set by people.

-- Each existing row becomes a leaf: its exact signed text, a line feed, its signature.
ALTER TABLE ledger ADD COLUMN leaf_hash BYTEA;
ALTER TABLE ledger ALTER COLUMN leaf_hash TYPE BYTEA
    USING sha256('\x00'::bytea || convert_to(document || E'\n' || approval_signature, 'UTF8'));

ALTER TABLE ledger DROP CONSTRAINT ledger_document_bounded;
ALTER TABLE ledger DROP CONSTRAINT ledger_row_is_whole;
ALTER TABLE ledger DROP CONSTRAINT ledger_approval_within_rules;
ALTER TABLE ledger DROP CONSTRAINT ledger_kind_known;
ALTER TABLE ledger DROP CONSTRAINT ledger_decided_by_another;
ALTER TABLE ledger DROP CONSTRAINT ledger_signature_shape;
ALTER TABLE ledger DROP CONSTRAINT ledger_request_hash_shape;
-- A key is checked once a statement by ledger_extend_head, a parent by the writer and by `verify`.
ALTER TABLE ledger DROP CONSTRAINT ledger_key_id_fkey;
ALTER TABLE ledger DROP CONSTRAINT ledger_parent_tx_fkey;
ALTER TABLE ledger RENAME COLUMN document TO payload;
ALTER TABLE ledger ALTER COLUMN payload TYPE JSONB USING payload::jsonb;

ALTER TABLE ledger
    ADD CONSTRAINT ledger_kind_known
        CHECK (kind IN ('decision', 'human', 'settle', 'void', 'expire', 'overrun', 'pause', 'resume')),
    -- Spending is paused and resumed by people, in the CFO's own name.
    ADD CONSTRAINT ledger_decided_by_another CHECK ((cfo_agent_id = agent_id) = (kind IN ('pause', 'resume'))),
    ADD CONSTRAINT ledger_row_is_whole CHECK (num_nulls(
        seq, request_id, request_hash, kind, reason_code, amount_micros, payload, key_id, leaf_hash,
        execution_time_ms, cfo_agent_id, justification
    ) = 0),
    ADD CONSTRAINT ledger_decides_or_follows CHECK (
        CASE WHEN kind = 'decision' THEN num_nulls(decision, projected_roi, risk_score) = 0 AND parent_tx IS NULL
             WHEN kind = 'human' THEN num_nulls(decision, projected_roi, risk_score, parent_tx) = 0
             WHEN kind IN ('pause', 'resume') THEN decision IS NULL AND parent_tx IS NULL AND NOT approved
             ELSE decision IS NULL AND parent_tx IS NOT NULL AND NOT approved
        END),
    ADD CONSTRAINT ledger_approval_within_rules
        CHECK (NOT approved OR (amount <= 10000 AND (risk_score <= 0.7 OR kind = 'human'))),
    ADD CONSTRAINT ledger_signature_shape CHECK (length(approval_signature) = 130),
    ADD CONSTRAINT ledger_request_hash_shape CHECK (length(request_hash) = 64),
    ADD CONSTRAINT ledger_leaf_shape CHECK (octet_length(leaf_hash) = 32);

-- What is charged to an approval later is found by it.
CREATE INDEX idx_ledger_parent ON ledger(parent_tx) WHERE parent_tx IS NOT NULL;

-- `frontier`: the roots of the perfect subtrees of the first `size` leaves, largest first, 32 bytes each.
ALTER TABLE ledger_head
    ADD COLUMN frontier BYTEA NOT NULL DEFAULT '',
    ADD COLUMN last_time TIMESTAMP WITH TIME ZONE,
    ADD COLUMN paused_by UUID,
    ADD CONSTRAINT ledger_head_frontier_fits CHECK (octet_length(frontier) % 32 = 0);

CREATE OR REPLACE FUNCTION ledger_head_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ledger_id <> OLD.ledger_id
        OR ((NEW.size, NEW.last_tx) IS DISTINCT FROM (OLD.size, OLD.last_tx)
            AND (pg_trigger_depth() < 2 OR NEW.size <= OLD.size)) THEN
        RAISE EXCEPTION 'ledger_head moves only with the ledger' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

DO $$
DECLARE
    stack BYTEA[] := '{}';
    node BYTEA;
    leaf RECORD;
    leaves BIGINT := 0;
    rest BIGINT;
BEGIN
    FOR leaf IN SELECT leaf_hash FROM ledger WHERE seq IS NOT NULL ORDER BY seq LOOP
        node := leaf.leaf_hash;
        rest := leaves;
        WHILE rest % 2 = 1 LOOP
            node := sha256('\x01'::bytea || stack[cardinality(stack)] || node);
            stack := stack[1:cardinality(stack) - 1];
            rest := rest / 2;
        END LOOP;
        stack := stack || node;
        leaves := leaves + 1;
    END LOOP;
    node := '';
    FOR place IN 1..cardinality(stack) LOOP
        node := node || stack[place];
    END LOOP;
    UPDATE ledger_head SET frontier = node, last_time = (SELECT max(created_at) FROM ledger);
END;
$$;

-- Held: approved and not yet settled, inside spent. Debt: really spent beyond the limit, not inside spent.
-- Carried: the debt of earlier periods that this one must make good; both lower what remains.
ALTER TABLE budget_tracking
    ADD COLUMN held_amount DECIMAL(10,2) NOT NULL DEFAULT 0.00,
    ADD COLUMN debt_amount DECIMAL(10,2) NOT NULL DEFAULT 0.00 CHECK (debt_amount >= 0),
    ADD COLUMN carried_amount DECIMAL(10,2) NOT NULL DEFAULT 0.00 CHECK (carried_amount >= 0),
    ADD CONSTRAINT budget_held_is_spent CHECK (held_amount >= 0 AND held_amount <= spent_amount);

-- An approval that its holder promised to settle, until it is settled, voided or expired. One whose effect was begun
-- (`submitted_at`) never expires.
CREATE TABLE spend_hold (
    tx_id UUID PRIMARY KEY,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    submitted_at TIMESTAMP WITH TIME ZONE
);

CREATE INDEX idx_spend_hold_expires ON spend_hold(expires_at) WHERE submitted_at IS NULL;

-- An escalated request until a person answers or it expires. `hold_seconds` is what its requester asked for.
CREATE TABLE escalation (
    tx_id UUID PRIMARY KEY,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    hold_seconds INTEGER CHECK (hold_seconds > 0)
);

CREATE INDEX idx_escalation_expires ON escalation(expires_at);

CREATE TABLE ledger_checkpoint (
    size BIGINT PRIMARY KEY CHECK (size >= 1),
    root BYTEA NOT NULL CHECK (octet_length(root) = 32),
    note TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL
);

-- A limit that a person set; it binds instead of the setting until it is lifted (no limit_amount). The newest row of a
-- period and category counts, its `version` is what If-Match names.
CREATE TABLE budget_change (
    period VARCHAR(20) NOT NULL CHECK (period IN ('daily', 'weekly', 'monthly')),
    category VARCHAR(50) NOT NULL CHECK (category IN ('api_call', 'compute', 'storage', 'total')),
    version INTEGER NOT NULL CHECK (version >= 1),
    limit_amount DECIMAL(10,2) CHECK (limit_amount > 0),
    previous_amount DECIMAL(10,2) NOT NULL,
    changed_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (period, category, version)
);

-- One row for each threshold (50, 80, 100 percent) a line has passed, and for each overrun and pause.
CREATE TABLE budget_alert (
    id UUID PRIMARY KEY,
    kind VARCHAR(20) NOT NULL CHECK (kind IN ('threshold', 'overrun', 'pause')),
    period VARCHAR(20),
    category VARCHAR(50),
    period_start TIMESTAMP WITH TIME ZONE,
    percent INTEGER CHECK (percent IN (50, 80, 100)),
    message TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CHECK (kind <> 'threshold' OR num_nulls(period, category, period_start, percent) = 0)
);

CREATE UNIQUE INDEX idx_budget_alert_once ON budget_alert(period, category, period_start, percent)
    WHERE kind = 'threshold';

CREATE TRIGGER ledger_checkpoint_refuse_change BEFORE UPDATE OR DELETE ON ledger_checkpoint
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_checkpoint_refuse_truncate BEFORE TRUNCATE ON ledger_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER budget_change_refuse_change BEFORE UPDATE OR DELETE ON budget_change
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER budget_change_refuse_truncate BEFORE TRUNCATE ON budget_change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE ledger_checkpoint ENABLE ALWAYS TRIGGER ledger_checkpoint_refuse_change;
ALTER TABLE ledger_checkpoint ENABLE ALWAYS TRIGGER ledger_checkpoint_refuse_truncate;
ALTER TABLE budget_change ENABLE ALWAYS TRIGGER budget_change_refuse_change;
ALTER TABLE budget_change ENABLE ALWAYS TRIGGER budget_change_refuse_truncate;
