-- Sealed sampled fields that belong to nobody. Called by linkage/alike_model.c.
-- ->  load_id bigint, encoding bytea
SELECT load_id::int8, encoding FROM subjects.encoding_reference
