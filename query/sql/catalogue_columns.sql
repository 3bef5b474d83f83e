-- The columns of a source. Called by query/catalogue_table.c.
-- $1 source text  ->  column, type, use, heading in the delivered file, code list or null, codes, required, event date,
-- terminology or null, meaning or null
SELECT c.name, CASE c.type WHEN 'time' THEN 'minutes of day' ELSE c.type END, c.use, c.label, c.list,
       (SELECT count(*) FROM ingest.source_code AS k WHERE k.source_id = c.source_id AND k.list = c.list)::int8,
       c.required, c.name IS NOT DISTINCT FROM s.event_date_column, c.terminology, c.meaning
  FROM ingest.source_column AS c JOIN ingest.source AS s USING (source_id)
 WHERE s.name = $1::text
 ORDER BY c.position, c.name;
