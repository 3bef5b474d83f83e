-- A spec as it was applied: the version in effect on a month's last day, or the newest. Called by cli/cmd_source_show.c
-- as cinque_query.
-- $1 source text, $2 months since 2000-01 int4 or null  ->  spec_text text
SELECT source_version.spec_text
  FROM ingest.source
  JOIN ingest.source_version USING (source_id),
       LATERAL (SELECT (date '2000-01-01' + make_interval(months => $2::int4 + 1))::date - 1 AS last_day) AS wanted
 WHERE source.name = $1
   AND (last_day IS NULL OR last_day >= source_version.effective_from
                            AND coalesce(last_day <= source_version.effective_to, true))
 ORDER BY source_version.version DESC
 LIMIT 1
