-- Registers a version, or renews one that has no loads yet. Called by ingest/spec_catalogue.c.
-- $1 source_id int2, $2 version int4, $3 hash bytea, $4 text text, $5 effective from date, $6 effective to date
INSERT INTO ingest.source_version (source_id, version, spec_hash, spec_text, effective_from, effective_to)
VALUES ($1::int2, $2::int4, $3::bytea, $4::text, $5::date, $6::date)
    ON CONFLICT (source_id, version) DO UPDATE
   SET spec_hash = excluded.spec_hash, spec_text = excluded.spec_text, effective_from = excluded.effective_from,
       effective_to = excluded.effective_to, applied = now()
