-- The header and lines of a population, field by field. Called by query/population.c.
-- $1 population_id int4  ->  field text
SELECT f.field
  FROM ingest.population AS p, unnest(p.fields) WITH ORDINALITY AS f (field, place)
 WHERE p.population_id = $1::int4
 ORDER BY f.place
