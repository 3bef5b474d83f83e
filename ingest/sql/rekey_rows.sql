-- The next subjects of older hub key versions, by number. Called by ingest/rekey.c.
-- $1 permit bytea, $2 hub key version int2, $3 first number int8, $4 at most so many int8
--   ->  subject_id int8, key version int2, seven tokens bytea
SELECT r.subject_id, r.key_version, r.nhs_token, r.superseded_nhs_token, r.local_token, r.uprn_token,
       r.foreign_token, r.foreign_token_to, r.address_token
  FROM ingest.rekey_rows($1::bytea, $2::int2, $3::int8, $4::int8) AS r
