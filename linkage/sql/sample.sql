-- Encodings to learn from: those of the smallest ids, which are hashes. Called by linkage/alike_model.c.
-- ->  source_id bigint, encoding bytea
SELECT e.source_id::int8, e.head || f.filters
  FROM (SELECT subject_id, source_id, head FROM linkage.encoded ORDER BY subject_id LIMIT 100000) AS e
  JOIN subjects.encoding_filter AS f USING (subject_id)
 ORDER BY e.subject_id
