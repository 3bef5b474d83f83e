-- Refuses while a load is held back or under way. Called by ingest/rekey.c.
-- $1 permit bytea, $2 hub key version int2  ->  0 int8
SELECT 0::int8 FROM (SELECT ingest.rekey_check($1::bytea, $2::int2)) AS done
