-- Begins a load's rows, first in their transaction. Called by ingest/store.c.
-- $1 permit bytea, $2 load_id int4  ->  0 int8
SELECT 0::int8 FROM (SELECT ingest.load_stage($1::bytea, $2::int4)) AS done
