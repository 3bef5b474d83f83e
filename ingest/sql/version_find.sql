-- The hash under which a version is registered, and how many loads went by it. Called by ingest/spec_apply.c.
-- $1 source_id int2, $2 version int4  ->  spec_hash bytea, loads int8
SELECT v.spec_hash, (SELECT count(*) FROM ingest.load AS l
                      WHERE l.source_id = v.source_id AND l.spec_version = v.version)
  FROM ingest.source_version AS v
 WHERE v.source_id = $1::int2 AND v.version = $2::int4
