-- Deletes what is sealed to a version of the encodings' key, before it is destroyed. Called by ingest/rekey.c.
-- $1 permit bytea, $2 version int2  ->  encodings int8
SELECT ingest.encodings_forget($1::bytea, $2::int2)
