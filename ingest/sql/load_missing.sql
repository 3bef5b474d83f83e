-- Deliveries of a period that were to be expected and are not held. Called by ingest/list.c.
-- $1 period int4  ->  source text, sender text, last period int4, its rows int8
SELECT m.source, m.sender, m.last_period, m.last_rows
  FROM ingest.load_missing($1::int4) AS m
