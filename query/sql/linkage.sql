-- The report of the linkage behind a release, of sources those alone that a query reads, and the register, which every query
-- reads. Called by query/released_linkage.c.
-- $1 release_id int4, $2 sources text[]  ->  kind, value, rate, low, high, change text ('': none), is weak
SELECT l.kind, l.value, coalesce(l.rate::text, ''), coalesce(l.low::text, ''), coalesce(l.high::text, ''),
       coalesce(l.change::text, ''), l.is_weak
  FROM release.linkage AS l
 WHERE l.release_id = $1::int4
   AND (l.kind NOT IN ('source', 'household source') OR l.value = ANY ($2::text[])
        OR l.value IN (SELECT s.name FROM ingest.source AS s WHERE s.role = 'register'))
 ORDER BY l.line;
