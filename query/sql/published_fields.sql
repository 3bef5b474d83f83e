-- The header and lines of a version, field by field. Called by query/published.c.
-- $1 published_id int4  ->  field text
SELECT f.field
  FROM ingest.published AS p, unnest(p.fields) WITH ORDINALITY AS f (field, place)
 WHERE p.published_id = $1::int4
 ORDER BY f.place
