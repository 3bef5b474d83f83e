-- Uses up an approval of a provider's key. Called by governance/keys.c.
-- $1 permit bytea, $2 fingerprint text  ->  0 int8
SELECT 0::int8 FROM (SELECT governance.use_key_approval($1::bytea, $2::text)) AS done
