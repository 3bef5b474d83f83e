-- Adds or changes one item of the rules. Called by governance/apply.c.
-- $1 permit, $2 hash of the file, $3 kind, $4 key, $5 fields
SELECT count(*) FROM governance.put_item($1, $2, $3, $4, $5);
