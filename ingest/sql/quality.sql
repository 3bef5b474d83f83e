-- What is unusual about a period's deliveries. Called by ingest/quality.c.
-- $1 period int4, $2 source text, or null  ->  source text, sender text, measure text, column text, value float8,
--     usual float8, low float8, high float8, verdict text
SELECT q.source, q.sender, q.measure, q.column_name, q.value, q.usual, q.low, q.high, q.verdict
  FROM ingest.quality($1::int4, $2::text) AS q
