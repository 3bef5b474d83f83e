-- 1 when the source is granted to the project, else 0. Called by governance/rules.c.
-- $1 project, $2 source  ->  count
SELECT count(*)
  FROM governance.project_source AS s
 WHERE s.project_id = $1 AND s.source = $2 AND s.ended_on IS NULL;
