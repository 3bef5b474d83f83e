-- Whom no number placed when they were compared. Called by linkage/alike_new.c.
-- ->  subject_id bigint
SELECT subject_id FROM linkage.compared WHERE is_free ORDER BY subject_id
