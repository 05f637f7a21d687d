-- The owner's functions under other people's hands: the application may insert into the ledger but not touch the head's
-- size, so the trigger that moves the head works with its owner's rights. The search path of every trigger function is
-- pinned: an operator of the same name in another schema must not stand in for PostgreSQL's own.

ALTER FUNCTION touch_updated_at() SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION refuse_change() SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION ledger_head_follows() SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION ledger_key_retires() SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION ledger_extend_head() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;

-- Otherwise anybody could hang the function on a table of his own and move the head with rows that are in no ledger.
REVOKE EXECUTE ON FUNCTION touch_updated_at(), refuse_change(), ledger_head_follows(), ledger_key_retires(),
    ledger_extend_head() FROM PUBLIC;
