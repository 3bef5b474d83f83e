-- Keeps a checkpoint. Called by governance/checkpoint.c.
-- $1 tree size, $2 root, $3 time
SELECT count(*) FROM audit.add_checkpoint($1, $2, $3);
