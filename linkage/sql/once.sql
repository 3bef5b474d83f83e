-- Which deliveries name whom the evidence is about, of sources that name each person once. Called by
-- linkage/alike_once.c.
-- $1 permit bytea, $2 run_id int4  ->  key bigint, has_number boolean, load_id bigint
SELECT key, has_number, load_id::int8 FROM linkage.once_rows($1, $2) ORDER BY has_number, key, load_id
