-- Sealed encodings to learn from: those of the smallest ids, which are hashes. Called by linkage/alike_model.c.
-- ->  subject_id, source_id, load_id bigint, head, filters bytea
SELECT e.subject_id, e.source_id::int8, e.load_id::int8, e.head, f.filters
  FROM (SELECT subject_id, source_id, load_id, head FROM linkage.encoded ORDER BY subject_id LIMIT 100000) AS e
  JOIN subjects.encoding_filter AS f USING (subject_id)
 ORDER BY e.subject_id
