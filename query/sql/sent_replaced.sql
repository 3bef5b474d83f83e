-- Those of some sources whose rows deliveries of later months replace, all of them or some: of an earlier month it is not
-- known whose there were. Called by query/sent.c.
-- $1 sources text[]  ->  source
SELECT s.name FROM ingest.source AS s
 WHERE s.name = ANY ($1::text[]) AND s.update_mode <> 'replace_by_period'
 ORDER BY s.name;
