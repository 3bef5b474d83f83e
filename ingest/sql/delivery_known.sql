-- Which delivery has an item of a feed already. Called by ingest/delivery.c.
-- $1 feed text, $2 item bytea  ->  delivery number int8, null: none
SELECT ingest.delivery_known($1::text, $2::bytea)::int8
