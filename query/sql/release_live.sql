-- The releases that may be asked. Called by query/dataset_open.c.
-- ->  release_id int8
SELECT release_id::int8 FROM release.release WHERE state = 'live';
