-- Sealed heads of everybody, bare. Called by linkage/alike_new.c.
-- ->  subject_id, source_id bigint, is_free, is_new boolean (both false), load_id bigint, head bytea
SELECT subject_id, source_id::int8, false, false, load_id::int8, head FROM subjects.encoding
