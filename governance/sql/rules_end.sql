-- Ends one item of the rules. Called by governance/apply.c.
-- $1 permit, $2 hash of the file, $3 kind, $4 key
SELECT count(*) FROM governance.end_item($1, $2, $3, $4);
