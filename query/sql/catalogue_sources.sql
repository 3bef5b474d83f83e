-- Sources with what a release holds of them. Called by query/catalogue_table.c.
-- $1 release_id int4, $2 sources text[]  ->  source, of whom, title, columns, months held, first, last, status
SELECT s.name, s.subject_kind, s.title,
       (SELECT count(*) FROM ingest.source_column AS c WHERE c.source_id = s.source_id)::int8,
       count(v.month)::int8, min(v.month), max(v.month),
       (array_agg(v.status ORDER BY array_position('{provisional,final,year_end}'::text[], v.status)))[1]
  FROM ingest.source AS s
  LEFT JOIN release.coverage AS v ON v.source = s.name AND v.release_id = $1::int4
 WHERE s.name = ANY ($2::text[]) AND s.subject_kind <> 'none'
   AND (s.role IS NULL OR s.role NOT IN ('opt_out', 'merger', 'crosswalk'))
 GROUP BY s.source_id, s.name, s.subject_kind, s.title
 ORDER BY s.name;
