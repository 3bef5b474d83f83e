-- Whom no number places and who has been compared, as linkage.run_evidence left them. Called by linkage/alike_people.c.
-- ->  subject_id bigint
SELECT subject_id FROM pg_temp.alike_free ORDER BY subject_id
