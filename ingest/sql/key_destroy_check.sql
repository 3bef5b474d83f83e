-- Refuses while anything is held under the version. Called by ingest/rekey.c.
-- $1 permit bytea, $2 hub key version int2  ->  0 int8
SELECT 0::int8 FROM (SELECT ingest.key_destroy_check($1::bytea, $2::int2)) AS done
