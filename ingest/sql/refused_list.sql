-- How many rows of which controllers a load refused. Called by ingest/list.c.
-- $1 load int4  ->  controller text, rows int8
SELECT coalesce(r.controller, 'not registered'), r.row_count FROM ingest.refused_list($1::int4) AS r
