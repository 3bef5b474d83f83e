-- Pairs that wait for a decision. Called by linkage/explain.c.
-- $1 permit bytea  ->  pair bigint, reason text, weight float8, agreement text, run bigint
SELECT pair_id, reason, weight, agreement, run_id::int8 FROM linkage.clerical_list($1)
