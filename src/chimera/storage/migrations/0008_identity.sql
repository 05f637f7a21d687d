-- Who may ask from outside: people, the keys their and the agents' tokens are signed with, and tokens that live on.

-- A person's id is a token's subject, like an agent's. Without a password hash (argon2id) nobody logs in by the name.
CREATE TABLE person (
    id UUID PRIMARY KEY,
    name VARCHAR(100) NOT NULL CHECK (name = btrim(name) AND name <> ''),
    role VARCHAR(20) NOT NULL CHECK (role IN ('viewer', 'creator', 'finance', 'operator', 'admin')),
    password_hash TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    retired_at TIMESTAMP WITH TIME ZONE
);
CREATE UNIQUE INDEX idx_person_name ON person(lower(name));

-- Public keys of tokens. Whoever signs with a key moves `honoured_until` on before; a retired one is never moved again.
CREATE TABLE token_key (
    kid VARCHAR(43) PRIMARY KEY,
    public_key TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    honoured_until TIMESTAMP WITH TIME ZONE NOT NULL,
    retired_at TIMESTAMP WITH TIME ZONE
);

-- A login: the first refresh token and all that came of it.
CREATE TABLE refresh_family (
    id UUID PRIMARY KEY,
    subject UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    revoked_why TEXT
);
CREATE INDEX idx_refresh_family_subject ON refresh_family(subject) WHERE revoked_at IS NULL;
CREATE INDEX idx_refresh_family_expires ON refresh_family(expires_at);

-- Hashes only. `salt` makes the successor out of the shown token, as long as it may be asked for again.
CREATE TABLE refresh_token (
    hash BYTEA PRIMARY KEY CHECK (length(hash) = 32),
    family_id UUID NOT NULL REFERENCES refresh_family(id) ON DELETE CASCADE,
    predecessor BYTEA CHECK (length(predecessor) = 32),
    issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    salt BYTEA CHECK (length(salt) = 32)
);
CREATE INDEX idx_refresh_token_family ON refresh_token(family_id);
CREATE INDEX idx_refresh_token_expires ON refresh_token(expires_at);

-- Access tokens that don't count any more although they have not expired: one (its `jti`), those of a login (its `sid`),
-- or a subject's that were issued until `revoked_at`.
CREATE TABLE revoked_token (
    id UUID PRIMARY KEY,
    revoked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL
);
CREATE INDEX idx_revoked_token_expires ON revoked_token(expires_at);
