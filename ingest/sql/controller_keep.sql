-- Keeps how many rows of whom were refused. Called by ingest/controllers.c.
-- $1 permit bytea, $2 load int4, $3 codes text[], $4 rows of each int8[], $5 rows of all other codes int8  ->  int8
SELECT ingest.controller_keep($1::bytea, $2::int4, $3::text[], $4::int8[], $5::int8)
