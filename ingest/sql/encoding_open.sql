-- Whether encodings are made of a load's subjects; makes the table that they are copied to. Called by ingest/encodings.c.
-- $1 permit bytea, $2 load_id int4  ->  0 or 1 int8
SELECT ingest.encoding_open($1::bytea, $2::int4)::int4::int8
