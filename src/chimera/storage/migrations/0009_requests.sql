-- What outside requests leave behind: idempotency keys of a day, webhooks, their deliveries, and the feed both live on.

CREATE TABLE idempotency_key (
    caller_id UUID NOT NULL,
    key VARCHAR(255) NOT NULL CHECK (key <> ''),
    request_hash BYTEA NOT NULL CHECK (octet_length(request_hash) = 32),
    -- What the request makes gets this id, or ids named from it: done again after a crash, it finds what it made.
    created_id UUID NOT NULL,
    state VARCHAR(10) NOT NULL CHECK (state IN ('running', 'done')),
    attempt INTEGER NOT NULL DEFAULT 1 CHECK (attempt >= 1),
    lease_until TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    status INTEGER,
    body BYTEA,
    PRIMARY KEY (caller_id, key),
    CONSTRAINT idempotency_key_done_has_its_answer CHECK ((state = 'done') = (status IS NOT NULL AND body IS NOT NULL))
);
CREATE INDEX idx_idempotency_key_expires ON idempotency_key(expires_at);
