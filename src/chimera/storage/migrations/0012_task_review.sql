-- What the coordination looks for once a second in every process that keeps judge: work that waits for one, the review
-- tasks there are, and pieces under way. Few rows of a long table.

CREATE INDEX idx_task_in_review ON task(updated_at) WHERE state = 'review';
CREATE INDEX idx_task_review_of ON task((payload->>'task_id')) WHERE kind = 'review';
CREATE INDEX idx_task_piece_waiting ON task(created_at, id) WHERE kind = 'content' AND state = 'waiting';
