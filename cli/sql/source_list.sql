-- Registered sources with their newest version. Called by cli/cmd_source.c as cinque_query.
-- -> name, title, subject kind, role text, version bigint, effective from date
SELECT source.name, source.title, source.subject_kind, coalesce(source.role, ''), newest.version::int8,
       newest.effective_from
  FROM ingest.source
  JOIN LATERAL (SELECT version, effective_from
                  FROM ingest.source_version
                 WHERE source_version.source_id = source.source_id
                 ORDER BY version DESC
                 LIMIT 1) AS newest ON true
 ORDER BY source.name
