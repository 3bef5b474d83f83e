-- Which delivery has an item of a feed already, and is there to be an archive of it? Called by ingest/delivery.c.
-- $1 feed text, $2 item bytea  ->  delivery number int4, has archive bool; no row: none
SELECT k.delivery_id, k.has_archive FROM ingest.delivery_known($1::text, $2::bytea) AS k
