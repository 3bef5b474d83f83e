-- Registers a stored column, or renews it for a newer version. Called by ingest/spec_catalogue.c.
-- $1 source_id int2, $2 name text, $3 position int2, $4 label text, $5 use text, $6 type text, $7 list text,
-- $8 shape text, $9 min int8, $10 max int8, $11 required bool, $12 version int4,
-- $13 meaning text
INSERT INTO ingest.source_column (source_id, name, position, label, use, type, list, shape, value_min, value_max,
                                  required, first_version, last_version, meaning)
VALUES ($1::int2, $2::text, $3::int2, $4::text, $5::text, $6::text, $7::text, $8::text, $9::int8, $10::int8,
        $11::boolean, $12::int4, $12::int4, $13::text)
    ON CONFLICT (source_id, name) DO UPDATE
   SET position = excluded.position, label = excluded.label, use = excluded.use, list = excluded.list,
       shape = excluded.shape, value_min = excluded.value_min, value_max = excluded.value_max,
       required = excluded.required, last_version = excluded.last_version, meaning = excluded.meaning
