-- Registers what protects a source and where its costs stand. Called by ingest/spec_quality_put.c.
-- $1 source_id int2, $2 version int4, $3 protected by text[], $4 cost column text
INSERT INTO ingest.source_quality (source_id, version, protected_by, cost_column)
VALUES ($1::int2, $2::int4, $3::text[], $4::text)
