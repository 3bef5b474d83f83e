-- Rows held of each source and sender by period, of the twelve periods up to one. Called by ingest/quality_page.c.
-- $1 period int4, $2 source text, or null  ->  source text, sender text, period int4, rows int8
SELECT h.source, h.sender, h.period, h.row_count
  FROM ingest.quality_history($1::int4, $2::text) AS h
