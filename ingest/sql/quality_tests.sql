-- Which of the seven tests each sender's deliveries of a period pass. Called by ingest/quality_tests.c.
-- $1 period int4, $2 source text, or null  ->  source text, sender text, then one a test: sent, stable, agrees,
--     complete, consistent, costed, single text
SELECT t.source, t.sender, t.sent, t.stable, t.agrees, t.complete, t.consistent, t.costed, t.single
  FROM ingest.quality_tests($1::int4, $2::text) AS t
