-- Registers a source or renews what may change about it. Called by ingest/spec_ddl.c.
-- $1 name, $2 title, $3 subject kind, $4 role, $5 update mode, $6 valid from, $7 valid to, $8 event date, all text
-- ->  source_id int2
INSERT INTO ingest.source (name, title, subject_kind, role, update_mode, valid_from_column, valid_to_column,
                           event_date_column)
VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text)
    ON CONFLICT (name) DO UPDATE
   SET title = excluded.title, role = excluded.role, valid_from_column = excluded.valid_from_column,
       valid_to_column = excluded.valid_to_column, event_date_column = excluded.event_date_column
RETURNING source_id
