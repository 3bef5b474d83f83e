-- Keeps a query; author, project and sources come from the permit. Called by governance/queries.c.
-- $1 permit, $2 title, $3 canonical text  ->  query number
SELECT governance.submit_query($1, $2, $3);
