-- The quarantine of a load, by line. Called by ingest/list.c.
-- $1 load_id int4, $2 rows at most int8  ->  line_number int4, column_name text, reason text, rule text,
--    byte_offset int8, byte_length int8
SELECT q.line_number, q.column_name, q.reason, q.rule, q.byte_offset, q.byte_length
  FROM ingest.quarantine_list($1::int4, $2::int8) AS q
