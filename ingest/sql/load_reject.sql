-- Ends a load with too many bad rows: its quarantine stays, nothing else. Called by ingest/store.c.
-- $1 permit bytea, $2 load_id int4, $3 counts int8[], $4 columns text[],
-- $5 of each column missing, invalid, default, other int8[]  ->  'rejected' text, 0 int8
SELECT 'rejected'::text, 0::int8 FROM (SELECT ingest.load_reject($1::bytea, $2::int4, $3::int8[], $4::text[], $5::int8[])) AS done
