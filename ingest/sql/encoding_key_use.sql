-- How many encodings each version of their key seals. Called by ingest/rekey.c.
-- ->  version, encodings int8
SELECT version::int8, encoding_count FROM ingest.encoding_key_use()
