-- Sealed heads of those whom no number places. Called by linkage/alike_compare.c.
-- ->  subject_id, source_id, load_id bigint, head bytea, is_free, is_new boolean
SELECT subject_id, source_id::int8, load_id::int8, head, is_free, is_new FROM linkage.encoded WHERE is_free
