-- Of how many columns a source's record key is, where not of so many: a reference to it would never be met. Called by
-- ingest/spec_quality_put.c.
-- $1 source text, $2 columns that refer to it int2
SELECT cardinality(s.key_columns) FROM ingest.source AS s
 WHERE s.name = $1::text AND cardinality(s.key_columns) <> $2::int2
