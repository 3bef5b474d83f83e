-- Keeps loads and linkage out and makes staging.rekey; gives how many subjects are to be rewrapped. Called by
-- ingest/rekey.c.
-- $1 permit bytea, $2 hub key version int2  ->  subjects int8
SELECT ingest.rekey_begin($1::bytea, $2::int2)
