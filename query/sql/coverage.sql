-- What a release holds of the sources a query reads, and of the register, which every query reads. Called by
-- query/coverage.c.
-- $1 release_id int4, $2 sources text[]  ->  source, from month, to month, months, senders, status, rows, rows
-- linked, practices left out because of their lists in it
SELECT c.source, min(c.month), max(c.month), count(*), max(c.senders),
       (array_agg(c.status ORDER BY array_position('{provisional,final,year_end}'::text[], c.status)))[1],
       sum(c.rows)::int8, coalesce(sum(round(c.rows * c.match_rate)), 0)::int8,
       (SELECT count(DISTINCT x.practice) FROM release.practice_left_out AS x JOIN ingest.source AS s USING (source_id)
         WHERE x.release_id = $1::int4 AND s.name = c.source)
  FROM release.coverage AS c
 WHERE c.release_id = $1::int4
   AND (c.source = ANY ($2::text[]) OR c.source IN (SELECT s.name FROM ingest.source AS s WHERE s.role = 'register'))
 GROUP BY c.source
 ORDER BY c.source;
