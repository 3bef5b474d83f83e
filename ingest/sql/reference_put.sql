-- Registers one reference of a spec. Called by ingest/spec_quality_put.c.
-- $1 source_id int2, $2 version int4, $3 name text, $4 columns text[], $5 to source text, $6 to columns text[],
-- $7 key parts int2 (null: to columns)
INSERT INTO ingest.source_reference (source_id, version, name, columns, to_source, to_columns, key_parts)
VALUES ($1::int2, $2::int4, $3::text, $4::text[], $5::text, $6::text[], $7::int2)
