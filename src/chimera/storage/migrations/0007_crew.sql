-- The crew: which processes live, whom they host, what is to be done, what was refused, and what waits for its time.

-- A living process holds one slot: its number is the durable engine's executor id, its lease tells the others that it lives.
CREATE TABLE executor_slot (
    slot SMALLINT PRIMARY KEY CHECK (slot >= 0),
    host_id UUID NOT NULL UNIQUE,
    place TEXT NOT NULL,
    session_name TEXT NOT NULL,
    roles JSONB NOT NULL DEFAULT '[]',
    application_version VARCHAR(50) NOT NULL,
    draining BOOLEAN NOT NULL DEFAULT FALSE,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE NOT NULL
);

-- What the specification's agents table has no column for. `host_id` is a process's, alive or not. The counts are what
-- the state in Redis shows, kept for when that is gone.
CREATE TABLE crew_member (
    agent_id UUID PRIMARY KEY REFERENCES agents(id) ON DELETE CASCADE,
    host_id UUID,
    paused_at TIMESTAMP WITH TIME ZONE,
    retired_at TIMESTAMP WITH TIME ZONE,
    rests_until TIMESTAMP WITH TIME ZONE,
    failures_in_a_row INTEGER NOT NULL DEFAULT 0 CHECK (failures_in_a_row >= 0),
    tasks_completed BIGINT NOT NULL DEFAULT 0 CHECK (tasks_completed >= 0),
    busy_ms BIGINT NOT NULL DEFAULT 0 CHECK (busy_ms >= 0),
    error_count BIGINT NOT NULL DEFAULT 0 CHECK (error_count >= 0)
) WITH (fillfactor = 70);
CREATE INDEX idx_crew_member_host ON crew_member(host_id) WHERE retired_at IS NULL;

-- Which run may act for a piece: a higher fence refuses what a late process still tries. A step that another host may
-- do (produce, publish) has a lane of its own.
CREATE TABLE piece_fence (
    content_id UUID NOT NULL,
    lane VARCHAR(20) NOT NULL,
    fence BIGINT NOT NULL CHECK (fence >= 1),
    host_id UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    PRIMARY KEY (content_id, lane)
);

-- Somebody wants this piece stopped: its workflow stops at the next safe point.
CREATE TABLE piece_cancel (
    content_id UUID PRIMARY KEY,
    asked_by TEXT NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL
);

-- `version` counts the changes of the document, `choices` those of what is spoken for: topics and money.
CREATE TABLE objective (
    id UUID PRIMARY KEY,
    name VARCHAR(100) NOT NULL UNIQUE,
    document JSONB NOT NULL,
    state VARCHAR(20) NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'ended')),
    state_reason TEXT,
    active_since TIMESTAMP WITH TIME ZONE NOT NULL,
    version BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    choices BIGINT NOT NULL DEFAULT 0 CHECK (choices >= 0),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW()
);
CREATE TRIGGER objective_touch BEFORE UPDATE ON objective FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- Work to be done. Redis carries hints to these rows; a running row's attempt and lease are the fence of whoever works.
CREATE TABLE task (
    id UUID PRIMARY KEY,
    kind VARCHAR(50) NOT NULL,
    agent_role VARCHAR(50) NOT NULL CHECK (agent_role IN ('scout', 'director', 'artist', 'cfo', 'planner', 'worker', 'judge')),
    priority VARCHAR(10) NOT NULL DEFAULT 'normal' CHECK (priority IN ('critical', 'high', 'normal', 'low')),
    agent_id UUID REFERENCES agents(id),
    payload JSONB NOT NULL DEFAULT '{}',
    state VARCHAR(20) NOT NULL DEFAULT 'queued' CHECK (state IN (
        'blocked', 'queued', 'running', 'review', 'waiting', 'done', 'failed', 'dead', 'cancelled')),
    attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    attempts_max INTEGER NOT NULL DEFAULT 3 CHECK (attempts_max BETWEEN 1 AND 100),
    not_before TIMESTAMP WITH TIME ZONE NOT NULL,
    hinted_at TIMESTAMP WITH TIME ZONE,
    lease_until TIMESTAMP WITH TIME ZONE,
    host_id UUID,
    worked_by UUID,
    objective_id UUID REFERENCES objective(id),
    objective_version BIGINT,
    content_id UUID,
    result JSONB,
    review JSONB,
    error JSONB,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    finished_at TIMESTAMP WITH TIME ZONE,
    CHECK ((state = 'running') = (lease_until IS NOT NULL AND host_id IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX idx_task_queued ON task(agent_role, priority, not_before) WHERE state = 'queued';
CREATE INDEX idx_task_unhinted ON task(not_before) WHERE state = 'queued' AND hinted_at IS NULL;
CREATE INDEX idx_task_addressed ON task(agent_id, not_before) WHERE state = 'queued' AND agent_id IS NOT NULL;
CREATE INDEX idx_task_lease ON task(lease_until) WHERE state = 'running';
CREATE INDEX idx_task_objective ON task(objective_id, state) WHERE objective_id IS NOT NULL;
CREATE INDEX idx_task_content ON task(content_id) WHERE content_id IS NOT NULL;

-- A blocked task is queued when every task it needs is done.
CREATE TABLE task_need (
    task_id UUID NOT NULL REFERENCES task(id) ON DELETE CASCADE,
    needs_task_id UUID NOT NULL REFERENCES task(id) ON DELETE CASCADE,
    PRIMARY KEY (task_id, needs_task_id),
    CHECK (task_id <> needs_task_id)
);
CREATE INDEX idx_task_need_needs ON task_need(needs_task_id);

-- What a judge was not sure enough of waits for a person as well.
ALTER TABLE review_item ADD COLUMN task_id UUID REFERENCES task(id) ON DELETE CASCADE;
ALTER TABLE review_item ADD COLUMN answer TEXT;
ALTER TABLE review_item DROP CONSTRAINT review_item_kind_check;
ALTER TABLE review_item ADD CONSTRAINT review_item_kind_check CHECK (kind IN ('trend', 'content', 'task'));
ALTER TABLE review_item DROP CONSTRAINT review_item_check;
ALTER TABLE review_item ADD CONSTRAINT review_item_names_its_kind CHECK (
    CASE kind WHEN 'trend' THEN trend_id WHEN 'content' THEN content_id ELSE task_id END IS NOT NULL);
CREATE UNIQUE INDEX idx_review_item_task ON review_item(task_id) WHERE kind = 'task' AND state = 'waiting';

-- Hints that were no hints, and tasks that were given up: kept with the reason until a person looks.
CREATE TABLE dead_letter (
    id UUID PRIMARY KEY,
    queue VARCHAR(50) NOT NULL,
    message TEXT NOT NULL,
    reason TEXT NOT NULL,
    task_id UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL
);
CREATE INDEX idx_dead_letter_created ON dead_letter(created_at DESC);

-- While one of these is open, nothing new begins and everything under way stops at its next safe point.
CREATE TABLE studio_halt (
    id UUID PRIMARY KEY,
    halted_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    halted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_by TEXT,
    end_reason TEXT,
    ended_at TIMESTAMP WITH TIME ZONE,
    CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (end_reason IS NULL))
);
CREATE UNIQUE INDEX idx_studio_halt_open ON studio_halt((ended_at IS NULL)) WHERE ended_at IS NULL;

-- When a passed piece goes out. No row: at once. Once released it is going out, and nobody can call it back.
CREATE TABLE publication_plan (
    content_id UUID PRIMARY KEY,
    publish_at TIMESTAMP WITH TIME ZONE,
    state VARCHAR(20) NOT NULL CHECK (state IN ('planned', 'cancelled', 'released')),
    version BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    set_by TEXT NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    CHECK (state <> 'planned' OR publish_at IS NOT NULL)
);
