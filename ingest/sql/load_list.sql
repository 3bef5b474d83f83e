-- Loads; with a day, those that were held at its end. Called by ingest/list.c.
-- $1 day date, or null  ->  load_id int4, source text, sender text, period int4, status text, state text, rows int8,
--     quarantined int8, refused int8, held from timestamptz, held to timestamptz
SELECT l.load_id, l.source, l.sender, l.period, l.status, l.state, l.rows_loaded, l.rows_quarantined,
       l.rows_refused, l.held_from, l.held_to
  FROM ingest.load_list($1::date) AS l
