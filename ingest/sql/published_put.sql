-- Keeps what others publish. Called by ingest/published_add.c.
-- $1 permit bytea, $2 kind text, $3 SHA-256 of its file in hex text, $4 name text, $5 day text, $6 origin text,
-- $7 fields a line int4, $8 header and lines text[]  ->  how many lines int8
SELECT ingest.published_put($1::bytea, $2::text, $3::text, $4::text, $5::text::date, $6::text, $7::int4, $8::text[])
