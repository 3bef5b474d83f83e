-- The sources a person may name for a project. Called by governance/queries.c.
-- $1 person, $2 project  ->  the broken rule or null, source
SELECT p.broken, p.source FROM governance.project_sources($1::text, $2::text) AS p;
