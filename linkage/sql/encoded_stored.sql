-- Sealed heads of everybody, bare. Called by linkage/alike_new.c.
-- ->  subject_id, source_id, load_id bigint, head bytea
SELECT subject_id, source_id::int8, load_id::int8, head FROM subjects.encoding
