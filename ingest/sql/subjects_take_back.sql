-- Nothing since subjects_mark stays. Called by ingest/subjects_copy.c.
ROLLBACK TO SAVEPOINT subjects
