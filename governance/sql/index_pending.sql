-- Gives entries without one their leaf index. Called by governance/checkpoint.c.
-- ->  leaves
SELECT audit.index_pending();
