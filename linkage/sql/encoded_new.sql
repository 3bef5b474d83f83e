-- Sealed heads of those who are new, or whom a number places now or no longer. Called by linkage/alike_new.c.
-- ->  subject_id, source_id, load_id bigint, head bytea, is_free boolean; whether this encoding was compared before, and
--     its subject free then
SELECT subject_id, e.source_id::int8, e.load_id::int8, e.head, n.is_free, done.subject_id IS NOT NULL, coalesce(done.is_free, false)
  FROM pg_temp.alike_new AS n
  JOIN subjects.encoding AS e USING (subject_id)
  LEFT JOIN linkage.compared AS done USING (subject_id, load_id)
