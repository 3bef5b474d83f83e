-- Keeps the applied file whole. Called by governance/apply.c.
-- $1 permit, $2 hash of the file, $3 its text
SELECT count(*) FROM governance.keep_file($1, $2, $3);
