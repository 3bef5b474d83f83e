-- What each load's encodings are sealed to. Called by linkage/alike_open.c.
-- ->  load_id, key_version bigint, header bytea
SELECT load_id::int8, key_version::int8, header FROM subjects.encoding_seal ORDER BY load_id
