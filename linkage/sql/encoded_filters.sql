-- Sealed filters of subjects. Called by linkage/alike_compare.c.
-- $1 subjects bigint[]  ->  subject_id, load_id bigint, filters bytea
SELECT subject_id, e.load_id::int8, f.filters
  FROM subjects.encoding_filter AS f
  JOIN subjects.encoding AS e USING (subject_id)
 WHERE subject_id = ANY ($1)
