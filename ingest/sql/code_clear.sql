-- Forgets the code lists of a source, before they are put anew. Called by ingest/spec_catalogue.c.
-- $1 source_id int2
DELETE FROM ingest.source_code AS c WHERE c.source_id = $1::int2
