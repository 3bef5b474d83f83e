-- The newest version of a population up to a day, of one day that which was added last. Called by query/population.c.
-- $1 name text, $2 day text  ->  population_id, day, origin, content, fields a line
SELECT p.population_id, p.day, p.origin, p.content, p.width
  FROM ingest.population AS p
 WHERE p.name = $1::text AND p.day <= $2::text::date
 ORDER BY p.day DESC, p.population_id DESC
 LIMIT 1
