-- A delivery's number, before its first byte is read. Called by ingest/delivery.c.
-- $1 permit bytea, $2 feed text, $3 source text, $4 sender text, $5 period int4, $6 status text, $7 item bytea,
-- $8 keep days int4, $9 signed bool  ->  delivery number int8
SELECT ingest.delivery_see($1::bytea, $2::text, $3::text, $4::text, $5::int4, $6::text, $7::bytea, $8::int4,
                           $9::boolean)::int8
