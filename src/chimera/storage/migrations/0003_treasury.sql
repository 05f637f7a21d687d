-- The treasury: a ledger with a dense sequence that can only grow, the keys its rows are signed under, and the shape
-- every decision must have. Section 1's columns, types, checks and indexes stay as they are.

CREATE TABLE ledger_key (
    key_id VARCHAR(16) PRIMARY KEY,
    public_key BYTEA NOT NULL CHECK (octet_length(public_key) = 32),
    first_seq BIGINT NOT NULL CHECK (first_seq >= 1),
    last_seq BIGINT CHECK (last_seq >= first_seq - 1),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT ledger_key_names_its_key CHECK (key_id = left(encode(sha256(public_key), 'hex'), 16))
);

-- At most one key signs at any time.
CREATE UNIQUE INDEX ledger_key_current ON ledger_key ((TRUE)) WHERE last_seq IS NULL;

CREATE TABLE ledger_head (
    only_row BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (only_row),
    ledger_id UUID NOT NULL DEFAULT gen_random_uuid(),
    size BIGINT NOT NULL CHECK (size >= 0),
    last_tx UUID,
    CONSTRAINT ledger_head_names_its_last_row CHECK ((size = 0) = (last_tx IS NULL))
);

INSERT INTO ledger_head (size) VALUES (0);

ALTER TABLE ledger
    ADD COLUMN seq BIGINT,
    ADD COLUMN request_id UUID,
    ADD COLUMN request_hash VARCHAR(64),
    ADD COLUMN kind VARCHAR(20),
    ADD COLUMN decision VARCHAR(20),
    ADD COLUMN reason_code VARCHAR(50),
    ADD COLUMN parent_tx UUID REFERENCES ledger(tx_id),
    ADD COLUMN amount_micros BIGINT,
    ADD COLUMN document TEXT,
    ADD COLUMN key_id VARCHAR(16) REFERENCES ledger_key(key_id),
    ADD COLUMN execution_time_ms INTEGER,
    ADD CONSTRAINT ledger_seq_unique UNIQUE (seq),
    ADD CONSTRAINT ledger_request_unique UNIQUE (request_id, kind),
    ADD CONSTRAINT ledger_seq_starts_at_one CHECK (seq >= 1),
    ADD CONSTRAINT ledger_kind_known CHECK (kind = 'decision'),
    ADD CONSTRAINT ledger_decision_known CHECK (decision IN ('approved', 'rejected', 'escalated')),
    ADD CONSTRAINT ledger_approved_is_the_decision CHECK (approved = (decision = 'approved')),
    ADD CONSTRAINT ledger_approved_at_when_approved CHECK (approved = (approved_at IS NOT NULL)),
    ADD CONSTRAINT ledger_amount_is_micros_rounded_up
        CHECK (amount_micros > 0 AND amount * 100 = (amount_micros + 9999) / 10000),
    ADD CONSTRAINT ledger_currency_is_usd CHECK (currency = 'USD'),
    ADD CONSTRAINT ledger_decided_by_another CHECK (cfo_agent_id <> agent_id),
    ADD CONSTRAINT ledger_row_is_whole CHECK (num_nulls(
        seq, request_id, request_hash, kind, decision, reason_code, amount_micros, document, key_id,
        execution_time_ms, projected_roi, risk_score, cfo_agent_id, justification
    ) = 0),
    ADD CONSTRAINT ledger_approval_within_rules CHECK (NOT approved OR (amount <= 10000 AND risk_score <= 0.7)),
    ADD CONSTRAINT ledger_signature_shape CHECK (approval_signature ~ '^0x[0-9a-f]{128}$'),
    ADD CONSTRAINT ledger_request_hash_shape CHECK (request_hash ~ '^[0-9a-f]{64}$'),
    ADD CONSTRAINT ledger_document_bounded CHECK (octet_length(document) BETWEEN 2 AND 65536),
    ADD CONSTRAINT ledger_execution_time_counted CHECK (execution_time_ms >= 0);

-- An agent's requests of the last hour, for the risk score.
CREATE INDEX idx_ledger_agent_created ON ledger(agent_id, created_at DESC);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END;
$$;

-- Dense by construction: rows enter only as head.size + 1, + 2, ..., and the head moves in the same statement.
CREATE FUNCTION ledger_extend_head() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added_count BIGINT;
    seq_first BIGINT;
    seq_last BIGINT;
BEGIN
    SELECT count(*), min(seq), max(seq) INTO added_count, seq_first, seq_last FROM added;
    IF added_count = 0 THEN
        RETURN NULL;
    END IF;
    UPDATE ledger_head
        SET size = seq_last, last_tx = (SELECT tx_id FROM added WHERE seq = seq_last)
        WHERE size + 1 = seq_first AND size + added_count = seq_last;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'ledger rows % to % do not follow the head', seq_first, seq_last
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM added LEFT JOIN ledger_key USING (key_id)
        WHERE ledger_key.last_seq IS NOT NULL OR ledger_key.first_seq IS NULL OR ledger_key.first_seq > added.seq
    ) THEN
        RAISE EXCEPTION 'a ledger row is signed under a key that is not current'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE FUNCTION ledger_head_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 OR NEW.size <= OLD.size OR NEW.ledger_id <> OLD.ledger_id THEN
        RAISE EXCEPTION 'ledger_head moves only with the ledger' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE FUNCTION ledger_key_retires() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.last_seq IS NOT NULL OR NEW.last_seq IS NULL
        OR (NEW.key_id, NEW.public_key, NEW.first_seq, NEW.created_at)
            IS DISTINCT FROM (OLD.key_id, OLD.public_key, OLD.first_seq, OLD.created_at) THEN
        RAISE EXCEPTION 'a ledger key can only be retired, and only once' USING ERRCODE = 'restrict_violation';
    END IF;
    -- Under the head's lock, so that no row signed under this key can follow.
    SELECT size INTO NEW.last_seq FROM ledger_head FOR UPDATE;
    RETURN NEW;
END;
$$;

CREATE TRIGGER ledger_refuse_change BEFORE UPDATE OR DELETE ON ledger
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_refuse_truncate BEFORE TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_extend_head AFTER INSERT ON ledger REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_extend_head();
CREATE TRIGGER ledger_head_follows BEFORE UPDATE ON ledger_head
    FOR EACH ROW EXECUTE FUNCTION ledger_head_follows();
CREATE TRIGGER ledger_head_refuse_delete BEFORE DELETE ON ledger_head
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_head_refuse_truncate BEFORE TRUNCATE ON ledger_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_key_retires BEFORE UPDATE ON ledger_key
    FOR EACH ROW EXECUTE FUNCTION ledger_key_retires();
CREATE TRIGGER ledger_key_refuse_delete BEFORE DELETE ON ledger_key
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_key_refuse_truncate BEFORE TRUNCATE ON ledger_key
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A default trigger is silent under session_replication_role = replica; these are not.
ALTER TABLE ledger ENABLE ALWAYS TRIGGER ledger_refuse_change;
ALTER TABLE ledger ENABLE ALWAYS TRIGGER ledger_refuse_truncate;
ALTER TABLE ledger ENABLE ALWAYS TRIGGER ledger_extend_head;
ALTER TABLE ledger_head ENABLE ALWAYS TRIGGER ledger_head_follows;
ALTER TABLE ledger_head ENABLE ALWAYS TRIGGER ledger_head_refuse_delete;
ALTER TABLE ledger_head ENABLE ALWAYS TRIGGER ledger_head_refuse_truncate;
ALTER TABLE ledger_key ENABLE ALWAYS TRIGGER ledger_key_retires;
ALTER TABLE ledger_key ENABLE ALWAYS TRIGGER ledger_key_refuse_delete;
ALTER TABLE ledger_key ENABLE ALWAYS TRIGGER ledger_key_refuse_truncate;
