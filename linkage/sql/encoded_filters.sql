-- Sealed filters of subjects. Called by linkage/alike_members.c.
-- $1 subjects bigint[]  ->  subject_id bigint, filters bytea
SELECT subject_id, filters FROM subjects.encoding_filter WHERE subject_id = ANY ($1)
