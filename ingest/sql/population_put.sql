-- Keeps a population that others publish. Called by ingest/population.c.
-- $1 permit bytea, $2 SHA-256 of its file in hex text, $3 name text, $4 day text, $5 origin text, $6 fields a line int4,
-- $7 header and lines text[]  ->  how many lines int8
SELECT ingest.population_put($1::bytea, $2::text, $3::text, $4::text::date, $5::text, $6::int4, $7::text[])
