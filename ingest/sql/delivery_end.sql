-- The archive of a delivery is about to be deleted. Called by ingest/delivery.c.
-- $1 permit bytea, $2 delivery int4  ->  0 int8
SELECT 0::int8 FROM (SELECT ingest.delivery_end($1::bytea, $2::int4)) AS done
