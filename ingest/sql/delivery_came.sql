-- Loads of a source, sender and period that are held or wait for a second person. Called by ingest/delivery.c.
-- $1 source text, $2 sender text, $3 period int4  ->  their number int8
SELECT ingest.delivery_came($1::text, $2::text, $3::int4)
