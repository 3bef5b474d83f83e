-- The limits of its spec that a load went past. Called by ingest/list.c.
-- $1 load_id int4  ->  finding text
SELECT f.finding FROM ingest.load_findings($1::int4) AS f
