-- The sources and columns a query may name. Called by query/catalogue.c.
-- event_date stands for a source's own event date unless it has a column of that name.
-- ->  source text, is_household bool, column text, stored text, type text, is_death bool, terminology or null
SELECT s.name, s.subject_kind = 'household', c.name, c.stored, c.type,
       s.subject_kind = 'person' AND s.role IS NOT DISTINCT FROM 'death', c.terminology
  FROM ingest.source AS s
 CROSS JOIN LATERAL (
        SELECT k.name, k.name AS stored, k.type, k.position, k.terminology
          FROM ingest.source_column AS k
         WHERE k.source_id = s.source_id
         UNION ALL
        SELECT 'event_date', s.event_date_column, 'date', 32767, NULL
         WHERE s.event_date_column IS NOT NULL
           AND NOT EXISTS (SELECT FROM ingest.source_column AS k
                            WHERE k.source_id = s.source_id AND k.name = 'event_date')) AS c
 WHERE s.subject_kind IN ('person', 'household')
   AND (s.role IS NULL OR s.role NOT IN ('opt_out', 'merger', 'crosswalk'))
 ORDER BY s.name, c.position, c.name;
