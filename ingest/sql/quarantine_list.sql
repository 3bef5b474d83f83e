-- The quarantine of a load, by line. Called by ingest/list.c.
-- $1 load_id int4, $2 rows at most int8  ->  line_number int4, column_name text, rule text
SELECT q.line_number, q.column_name, q.rule FROM ingest.quarantine_list($1::int4, $2::int8) AS q
