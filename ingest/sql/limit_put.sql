-- Registers one limit of a spec. Called by ingest/spec_quality_put.c.
-- $1 source_id int2, $2 version int4, $3 position int2, $4 measure text, $5 place text, $6 is rows bool,
-- $7 warn float8, $8 hold float8, $9 refuse float8
INSERT INTO ingest.source_limit (source_id, version, position, measure, place, is_rows, warn, hold, refuse)
VALUES ($1::int2, $2::int4, $3::int2, $4::text, $5::text, $6::boolean, $7::float8, $8::float8, $9::float8)
