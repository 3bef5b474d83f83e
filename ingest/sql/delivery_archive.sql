-- The archive of a delivery is durable. Called by ingest/delivery.c.
-- $1 permit bytea, $2 delivery int4, $3 content bytea, $4 bytes int8, $5 archive bytes int8
--   ->  the delivery that holds the same int8, 0: a load of a file, null: none
SELECT ingest.delivery_archive($1::bytea, $2::int4, $3::bytea, $4::int8, $5::int8)::int8
