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

-- What has changed at all, by topic: `version` goes up over all topics, `mark` is how far the topic's tables were when
-- it was last looked. Streams and webhooks tell that a topic changed; what changed is read where it stands.
CREATE TABLE topic (
    name VARCHAR(20) PRIMARY KEY,
    version BIGINT NOT NULL DEFAULT 0,
    mark BIGINT NOT NULL DEFAULT 0,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW()
);
INSERT INTO topic (name) VALUES ('content'), ('tasks'), ('approvals'), ('budgets'), ('halt');

CREATE TABLE webhook (
    id UUID PRIMARY KEY,
    url TEXT NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
    topics TEXT[] NOT NULL CHECK (cardinality(topics) BETWEEN 1 AND 5),
    sealed_secret BYTEA NOT NULL,
    created_by UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    failures_in_a_row INTEGER NOT NULL DEFAULT 0 CHECK (failures_in_a_row >= 0),
    -- Nothing is sent before: a receiver that fails is left alone for longer and longer.
    rests_until TIMESTAMP WITH TIME ZONE
);
CREATE INDEX idx_webhook_page ON webhook(created_at DESC, id DESC);

CREATE TABLE webhook_delivery (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    webhook_id UUID NOT NULL REFERENCES webhook(id) ON DELETE CASCADE,
    topic VARCHAR(20) NOT NULL REFERENCES topic(name),
    version BIGINT NOT NULL,
    state VARCHAR(10) NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    status INTEGER,
    problem TEXT
);
-- Changes of a topic that was not told yet are told as one, so a receiver that is away has few deliveries waiting.
CREATE UNIQUE INDEX idx_webhook_delivery_untold ON webhook_delivery(webhook_id, topic)
    WHERE state = 'pending' AND attempts = 0;
CREATE INDEX idx_webhook_delivery_due ON webhook_delivery(next_at) WHERE state = 'pending';
CREATE INDEX idx_webhook_delivery_page ON webhook_delivery(webhook_id, created_at DESC, id DESC);
CREATE INDEX idx_webhook_delivery_ended ON webhook_delivery(ended_at) WHERE state <> 'pending';
