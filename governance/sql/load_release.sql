-- Publishes a load that was held back, as the permit's person. Called by governance/loads.c.
-- $1 permit bytea, $2 load int4  ->  its rows int8
SELECT governance.release_load($1::bytea, $2::int4)
