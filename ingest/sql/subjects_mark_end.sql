-- The block since subjects_mark stays. Called by ingest/subjects_copy.c.
RELEASE SAVEPOINT subjects
