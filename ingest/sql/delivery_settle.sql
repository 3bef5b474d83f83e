-- The state of a delivery after its load. Called by ingest/delivery.c.
-- $1 permit bytea, $2 delivery int4  ->  state text
SELECT ingest.delivery_settle($1::bytea, $2::int4)
