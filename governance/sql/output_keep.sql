-- Keeps what was released. Called by governance/queries.c.
-- $1 permit, $2 query, $3 release, $4 canonical output, $5 content hash
SELECT count(*) FROM governance.keep_output($1, $2, $3, $4, $5);
