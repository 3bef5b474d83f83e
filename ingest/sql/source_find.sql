-- A source by name, with its newest version. Called by ingest/spec_ddl.c.
-- $1 name text  ->  source_id int2, subject_kind text, update_mode text, version int4
SELECT s.source_id, s.subject_kind, s.update_mode,
       (SELECT coalesce(max(v.version), 0) FROM ingest.source_version AS v WHERE v.source_id = s.source_id)
  FROM ingest.source AS s
 WHERE s.name = $1::text
