-- Registrations and households of a release that is being built. Called by query/release.c.
-- $1 permit bytea, $2 release_id int4  ->  int8
SELECT 0::int8 FROM release.build_places($1::bytea, $2::int4);
