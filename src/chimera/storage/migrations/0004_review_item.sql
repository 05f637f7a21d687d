-- The review list: what waits for a person, and what was decided. A trend's item stands for its event, so that the
-- same event found again under a new trend row does not wait twice.

CREATE TABLE review_item (
    id UUID PRIMARY KEY,
    kind VARCHAR(20) NOT NULL CHECK (kind IN ('trend', 'content')),
    trend_id UUID REFERENCES trends(id) ON DELETE CASCADE,
    content_id UUID REFERENCES content_pipeline(id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    topics JSONB NOT NULL DEFAULT '[]',
    reason TEXT NOT NULL,
    state VARCHAR(20) NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'rejected')),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE,
    decided_by TEXT,
    CHECK ((kind = 'trend' AND trend_id IS NOT NULL) OR (kind = 'content' AND content_id IS NOT NULL)),
    CHECK ((state = 'waiting') = (decided_at IS NULL))
);

CREATE UNIQUE INDEX idx_review_item_trend ON review_item(trend_id) WHERE kind = 'trend';
CREATE UNIQUE INDEX idx_review_item_content ON review_item(content_id) WHERE kind = 'content';
CREATE INDEX idx_review_item_state ON review_item(state, created_at);
