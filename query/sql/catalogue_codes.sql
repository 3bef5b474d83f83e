-- The codes of a column, with what they mean. Called by query/catalogue_table.c.
-- $1 source text, $2 column text  ->  code, meaning
SELECT k.code, k.meaning
  FROM ingest.source_column AS c JOIN ingest.source AS s USING (source_id)
  JOIN ingest.source_code AS k ON k.source_id = c.source_id AND k.list = c.list
 WHERE s.name = $1::text AND c.name = $2::text
 ORDER BY k.position, k.code;
