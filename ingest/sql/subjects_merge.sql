-- Merges a piece of what was staged of a load's subjects since it was last asked, in the transaction that will publish
-- the load. Called by ingest/subjects.c.
-- $1 permit bytea, $2 load_id int4  ->  how many it looked at, 0: there is no more for now, -1: ask no more int8
SELECT ingest.subjects_merge($1::bytea, $2::int4)
