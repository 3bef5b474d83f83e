-- Sealed encodings to learn from: those of the smallest ids, which are hashes, and whom a number places them with, 0 where
-- none does. Called by linkage/alike_model.c.
-- ->  subject_id, source_id, load_id bigint, head, filters bytea, person_id bigint
SELECT e.subject_id, e.source_id::int8, e.load_id::int8, e.head, f.filters, coalesce(placed.person_id, 0)
  FROM (SELECT subject_id, source_id, load_id, head FROM linkage.encoded ORDER BY subject_id LIMIT 100000) AS e
  JOIN subjects.encoding_filter AS f USING (subject_id)
  LEFT JOIN linkage.current_link AS placed ON placed.subject_id = e.subject_id AND placed.pass < 6
 ORDER BY e.subject_id
