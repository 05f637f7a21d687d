CREATE TABLE agents (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    role VARCHAR(50) NOT NULL CHECK (role IN ('scout', 'director', 'artist', 'cfo', 'planner', 'worker', 'judge')),
    status VARCHAR(20) NOT NULL DEFAULT 'idle' CHECK (status IN ('idle', 'busy', 'offline', 'error')),
    config JSONB NOT NULL DEFAULT '{}',
    capabilities JSONB NOT NULL DEFAULT '[]',
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    last_heartbeat TIMESTAMP WITH TIME ZONE
);

CREATE INDEX idx_agents_role ON agents(role);
CREATE INDEX idx_agents_status ON agents(status);

CREATE TABLE trends (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    topic VARCHAR(255) NOT NULL,
    volume INTEGER NOT NULL CHECK (volume >= 0),
    sentiment_score DECIMAL(3,2) NOT NULL CHECK (sentiment_score >= -1.0 AND sentiment_score <= 1.0),
    rising_velocity DECIMAL(5,2) NOT NULL,
    platforms JSONB NOT NULL DEFAULT '[]',
    metadata JSONB NOT NULL DEFAULT '{}',
    scout_agent_id UUID REFERENCES agents(id),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW()
);

CREATE INDEX idx_trends_topic ON trends(topic);
CREATE INDEX idx_trends_created ON trends(created_at DESC);
CREATE INDEX idx_trends_velocity ON trends(rising_velocity DESC);

CREATE TABLE content_pipeline (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    trend_source_id UUID NOT NULL REFERENCES trends(id) ON DELETE CASCADE,
    stage VARCHAR(20) NOT NULL DEFAULT 'draft' CHECK (stage IN ('draft', 'generating', 'review', 'published', 'failed')),
    format VARCHAR(20) CHECK (format IN ('video', 'image', 'thread', 'carousel')),
    script TEXT,
    visual_prompts JSONB DEFAULT '[]',
    media_url TEXT,
    production_cost DECIMAL(10,2) DEFAULT 0.00,
    quality_score DECIMAL(3,2) CHECK (quality_score >= 0.0 AND quality_score <= 1.0),
    metadata JSONB NOT NULL DEFAULT '{}',
    director_agent_id UUID REFERENCES agents(id),
    artist_agent_id UUID REFERENCES agents(id),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    published_at TIMESTAMP WITH TIME ZONE
);

CREATE INDEX idx_content_stage ON content_pipeline(stage);
CREATE INDEX idx_content_trend ON content_pipeline(trend_source_id);
CREATE INDEX idx_content_created ON content_pipeline(created_at DESC);

CREATE TABLE video_metadata (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    content_id UUID NOT NULL REFERENCES content_pipeline(id) ON DELETE CASCADE,
    title VARCHAR(255) NOT NULL,
    description TEXT,
    duration_seconds INTEGER NOT NULL CHECK (duration_seconds > 0),
    resolution VARCHAR(20) CHECK (resolution IN ('720p', '1080p', '4k')),
    fps INTEGER CHECK (fps IN (24, 30, 60)),
    codec VARCHAR(50),
    file_size_bytes BIGINT NOT NULL CHECK (file_size_bytes > 0),
    thumbnail_url TEXT,
    video_url TEXT NOT NULL,
    platform_ids JSONB DEFAULT '{}',
    engagement_metrics JSONB DEFAULT '{}',
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW()
);

CREATE INDEX idx_video_content ON video_metadata(content_id);
CREATE INDEX idx_video_duration ON video_metadata(duration_seconds);
CREATE INDEX idx_video_created ON video_metadata(created_at DESC);

CREATE TABLE ledger (
    tx_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    agent_id UUID NOT NULL REFERENCES agents(id),
    request_type VARCHAR(50) NOT NULL CHECK (request_type IN ('api_call', 'compute', 'storage', 'blockchain')),
    amount DECIMAL(18,2) NOT NULL CHECK (amount > 0),
    currency VARCHAR(10) NOT NULL DEFAULT 'USD',
    projected_roi DECIMAL(10,2),
    risk_score DECIMAL(3,2) CHECK (risk_score >= 0.0 AND risk_score <= 1.0),
    approved BOOLEAN NOT NULL DEFAULT FALSE,
    approval_signature TEXT NOT NULL,
    cfo_agent_id UUID REFERENCES agents(id),
    justification TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    approved_at TIMESTAMP WITH TIME ZONE
);

CREATE INDEX idx_ledger_agent ON ledger(agent_id);
CREATE INDEX idx_ledger_approved ON ledger(approved);
CREATE INDEX idx_ledger_created ON ledger(created_at DESC);
CREATE INDEX idx_ledger_type ON ledger(request_type);

CREATE TABLE budget_tracking (
    id SERIAL PRIMARY KEY,
    period VARCHAR(20) NOT NULL CHECK (period IN ('daily', 'weekly', 'monthly')),
    category VARCHAR(50) NOT NULL CHECK (category IN ('api_call', 'compute', 'storage', 'total')),
    limit_amount DECIMAL(10,2) NOT NULL CHECK (limit_amount > 0),
    spent_amount DECIMAL(10,2) NOT NULL DEFAULT 0.00 CHECK (spent_amount >= 0),
    period_start TIMESTAMP WITH TIME ZONE NOT NULL,
    period_end TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    CONSTRAINT check_spent_within_limit CHECK (spent_amount <= limit_amount)
);

CREATE UNIQUE INDEX idx_budget_period_category ON budget_tracking(period, category, period_start);
