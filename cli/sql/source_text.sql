-- The newest spec of a source as it was applied. Called by cli/cmd_source.c as cinque_query.
-- $1 source text  ->  spec_text text
SELECT source_version.spec_text
  FROM ingest.source
  JOIN ingest.source_version USING (source_id)
 WHERE source.name = $1
 ORDER BY source_version.version DESC
 LIMIT 1
