-- What a release holds of a source, month by month. Called by query/catalogue_table.c.
-- $1 release_id int4, $2 source text  ->  month, status, senders, percent linked or -1
SELECT v.month, v.status, v.senders::int8, coalesce(floor(100 * v.match_rate), -1)::int8
  FROM release.coverage AS v
 WHERE v.release_id = $1::int4 AND v.source = $2::text
 ORDER BY v.month;
