-- Puts one code list in its file's order. Called by ingest/spec_catalogue.c.
-- $1 source_id int2, $2 list text, $3 codes text[], $4 meanings text[]
INSERT INTO ingest.source_code (source_id, list, code, position, meaning)
SELECT $1::int2, $2::text, c.code, c.position::int4, c.meaning
  FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS c (code, meaning, position)
