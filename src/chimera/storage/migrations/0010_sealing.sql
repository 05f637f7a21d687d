-- The keys that media and fields are sealed under, each wrapped with the studio's master key, which is never in here.
-- The one with the highest number seals; all of them open.

CREATE TABLE data_key (
    id UUID PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE CHECK (number > 0),
    wrapped BYTEA NOT NULL CHECK (octet_length(wrapped) = 60),
    master_id BYTEA NOT NULL CHECK (octet_length(master_id) = 8),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL
);
