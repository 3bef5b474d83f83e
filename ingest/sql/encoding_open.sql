-- Whether encodings are made of a load's subjects; makes the table that they are copied to. Called by ingest/encodings.c.
-- $1 permit bytea, $2 load_id int4, $3 key_version int2, $4 header bytea: what they are sealed to  ->  0 or 1 int8
SELECT ingest.encoding_open($1::bytea, $2::int4, $3::int2, $4::bytea)::int4::int8
