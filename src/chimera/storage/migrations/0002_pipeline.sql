-- What the flow adds: one video row a piece (the diagram says 1:1), updated_at kept by the database, and
-- effect_intent: the row that stands before every outside effect, so that after a crash it is looked up, not repeated.

ALTER TABLE video_metadata ADD CONSTRAINT video_metadata_content_unique UNIQUE (content_id);

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := NOW();
    RETURN NEW;
END;
$$;

CREATE TRIGGER agents_touch BEFORE UPDATE ON agents FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER content_pipeline_touch BEFORE UPDATE ON content_pipeline FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER video_metadata_touch BEFORE UPDATE ON video_metadata FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE effect_intent (
    id UUID PRIMARY KEY,
    content_id UUID NOT NULL REFERENCES content_pipeline(id) ON DELETE CASCADE,
    step VARCHAR(50) NOT NULL,
    attempt INTEGER NOT NULL CHECK (attempt >= 1),
    state VARCHAR(20) NOT NULL DEFAULT 'prepared' CHECK (state IN ('prepared', 'done', 'abandoned')),
    external_id TEXT,
    details JSONB NOT NULL DEFAULT '{}',
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    UNIQUE (content_id, step, attempt)
);

CREATE TRIGGER effect_intent_touch BEFORE UPDATE ON effect_intent FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
