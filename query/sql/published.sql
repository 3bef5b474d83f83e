-- The newest version of what others publish up to a day, of one day that which was added last. Called by
-- query/published.c.
-- $1 kind text, $2 name text, $3 day text  ->  published_id, day, origin, content, fields a line
SELECT p.published_id, p.day, p.origin, p.content, p.width
  FROM ingest.published AS p
 WHERE p.kind = $1::text AND p.name = $2::text AND p.day <= $3::text::date
 ORDER BY p.day DESC, p.published_id DESC
 LIMIT 1
