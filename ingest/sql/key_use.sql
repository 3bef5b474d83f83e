-- Hub key versions that subjects are under. Called by ingest/rekey.c.
--   ->  version int2, subjects int8, is held bool
SELECT u.version, u.subject_count, u.is_held FROM ingest.key_use() AS u
