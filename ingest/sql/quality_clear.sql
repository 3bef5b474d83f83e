-- Forgets what a version of a spec holds whole deliveries to. Called by ingest/spec_quality_put.c.
-- $1 source_id int2, $2 version int4
WITH of_limit AS (DELETE FROM ingest.source_limit WHERE source_id = $1::int2 AND version = $2::int4),
     of_reference AS (DELETE FROM ingest.source_reference WHERE source_id = $1::int2 AND version = $2::int4)
DELETE FROM ingest.source_quality WHERE source_id = $1::int2 AND version = $2::int4
