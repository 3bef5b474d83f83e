-- Heads of those whom no number places. Called by linkage/alike_compare.c.
-- ->  subject_id, source_id bigint, is_free, is_new boolean, head bytea
SELECT subject_id, source_id::int8, is_free, is_new, head FROM linkage.encoded WHERE is_free
