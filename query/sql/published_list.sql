-- What is registered that others publish. Called by query/catalogue_table.c.
-- ->  kind, name, day, origin, lines
SELECT p.kind, p.name, p.day, p.origin, cardinality(p.fields) / p.width - 1::int8
  FROM ingest.published AS p
 ORDER BY p.kind, p.name, p.day, p.published_id
