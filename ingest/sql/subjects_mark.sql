-- Where a block of subjects begins that can be taken back. Called by ingest/subjects_copy.c.
SAVEPOINT subjects
