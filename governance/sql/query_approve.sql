-- Approves a query as the permit's person. Called by governance/queries.c.
-- $1 permit, $2 query
SELECT count(*) FROM governance.approve_query($1, $2);
