-- Takes a published load out of use. Called by ingest/list.c.
-- $1 permit bytea, $2 load_id int4  ->  0 int8
SELECT 0::int8 FROM (SELECT ingest.load_withdraw($1::bytea, $2::int4)) AS done
