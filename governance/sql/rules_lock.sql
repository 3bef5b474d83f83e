-- Waits for another apply to end. Called by governance/apply.c.
SELECT count(*) FROM governance.lock_rules();
