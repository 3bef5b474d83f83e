-- Begins a load's rows, or one of their halves, first in their transaction. Called by ingest/records.c.
-- $1 permit bytea, $2 load_id int4, $3 half int4  ->  0 int8
SELECT 0::int8 FROM (SELECT ingest.load_stage($1::bytea, $2::int4, $3::int4)) AS done
