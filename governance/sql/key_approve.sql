-- Approves a provider's key, as the permit's person. Called by governance/keys.c.
-- $1 permit bytea, $2 fingerprint text  ->  0 int8
SELECT 0::int8 FROM (SELECT governance.approve_key($1::bytea, $2::text)) AS done
