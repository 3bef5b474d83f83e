-- Four measures of each sender in the twelve periods up to one. Called by ingest/quality_tests.c.
-- $1 period int4, $2 source text, or null  ->  source text, sender text, coverage float8, completeness float8,
--     validity float8, defaults float8
SELECT d.source, d.sender, d.coverage, d.completeness, d.validity, d.defaults
  FROM ingest.dqmi($1::int4, $2::text) AS d
