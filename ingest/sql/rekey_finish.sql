-- Puts the rewrapped tokens in place. Called by ingest/rekey.c.
-- $1 permit bytea, $2 hub key version int2  ->  subjects int8, households int8
SELECT f.subjects, f.households FROM ingest.rekey_finish($1::bytea, $2::int2) AS f
