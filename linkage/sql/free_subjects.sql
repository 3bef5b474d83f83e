-- Everybody whom no number places and who has been compared. Called by linkage/alike_people.c.
-- ->  subject_id bigint
SELECT c.subject_id
  FROM linkage.compared AS c
  JOIN subjects.subject AS s USING (subject_id)
 WHERE c.is_free AND EXISTS (SELECT FROM linkage.comparable AS r WHERE s.source_id IN (r.source_a, r.source_b))
 ORDER BY c.subject_id
