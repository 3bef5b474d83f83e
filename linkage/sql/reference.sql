-- Sampled fields that belong to nobody. Called by linkage/alike_model.c.
-- ->  encoding bytea
SELECT encoding FROM subjects.encoding_reference
