-- Keeps figures that others publish. Called by ingest/totals.c.
-- $1 permit bytea, $2 SHA-256 of their file in hex text, $3 eight fields a figure text[]  ->  how many int8
SELECT ingest.totals_put($1::bytea, $2::text, $3::text[])
