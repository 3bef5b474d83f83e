-- Sealed heads of everybody. Called by linkage/alike_compare.c.
-- ->  subject_id, source_id bigint, is_free, is_new boolean, load_id bigint, head bytea
SELECT subject_id, source_id::int8, is_free, is_new, load_id::int8, head FROM linkage.encoded
