-- Looks through the subjects that a load has put straight in, when there are no more. Called by ingest/subjects.c.
-- $1 permit bytea, $2 load_id int4  ->  how many they are int8
SELECT ingest.subjects_vouch_early($1::bytea, $2::int4)
