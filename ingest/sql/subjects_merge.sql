-- Merges what was staged of a load's subjects since it was last asked, in the transaction that will publish the load.
-- Called by ingest/subjects.c.
-- $1 permit bytea, $2 load_id int4  ->  1: ask again when more is staged, or 0 int8
SELECT ingest.subjects_merge($1::bytea, $2::int4)::int4::int8
