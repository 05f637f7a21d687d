-- Tasks are listed newest first, by keyset.
CREATE INDEX idx_task_created ON task(created_at DESC, id DESC);
