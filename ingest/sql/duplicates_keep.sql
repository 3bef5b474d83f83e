-- Counts the rows of a load whose record key an earlier one of it has. Called by ingest/list.c.
-- $1 permit bytea, $2 load_id int4  ->  rows int8
SELECT ingest.duplicates_keep($1::bytea, $2::int4)
