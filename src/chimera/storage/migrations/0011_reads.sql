-- Pages by keyset: each list is read in the order of an index, from the row behind which it goes on, and never sorted.
-- Section 1's indexes stay; these have the second column that makes the order exact, or the filter in front of it.

CREATE INDEX idx_trends_page ON trends(created_at DESC, id DESC);

CREATE INDEX idx_content_page ON content_pipeline(created_at DESC, id DESC);
CREATE INDEX idx_content_stage_page ON content_pipeline(stage, created_at DESC, id DESC);
CREATE INDEX idx_content_trend_page ON content_pipeline(trend_source_id, created_at DESC, id DESC);

CREATE INDEX idx_video_page ON video_metadata(created_at DESC, id DESC);

CREATE INDEX idx_agents_page ON agents(created_at DESC, id DESC);
CREATE INDEX idx_agents_role_page ON agents(role, created_at DESC, id DESC);
-- Few agents are paused or retired, and only these stand here.
CREATE INDEX idx_crew_member_paused ON crew_member(agent_id) WHERE paused_at IS NOT NULL;
CREATE INDEX idx_crew_member_retired ON crew_member(agent_id) WHERE retired_at IS NOT NULL;

-- The ledger's pages go by its sequence, which its unique constraint indexes already. Decisions are found everywhere;
-- what follows from them is rarer, and only that stands in the index by kind.
CREATE INDEX idx_ledger_agent_page ON ledger(agent_id, seq DESC);
CREATE INDEX idx_ledger_type_page ON ledger(request_type, seq DESC);
CREATE INDEX idx_ledger_approved_page ON ledger(approved, seq DESC);
CREATE INDEX idx_ledger_kind_page ON ledger(kind, seq DESC) WHERE kind <> 'decision';

CREATE INDEX idx_review_item_page ON review_item(created_at DESC, id DESC);
CREATE INDEX idx_review_item_state_page ON review_item(state, created_at DESC, id DESC);
CREATE INDEX idx_escalation_page ON escalation(expires_at, tx_id);
CREATE INDEX idx_spend_hold_page ON spend_hold(expires_at, tx_id);
CREATE INDEX idx_budget_alert_page ON budget_alert(created_at DESC, id DESC);
CREATE INDEX idx_budget_change_page ON budget_change(changed_at DESC, period, category, version DESC);
