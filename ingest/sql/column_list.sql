-- The stored columns of a source with their types. Called by ingest/spec_ddl.c.
-- $1 source_id int2  ->  name text, type text
SELECT c.name, c.type FROM ingest.source_column AS c WHERE c.source_id = $1::int2
