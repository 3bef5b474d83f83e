-- From now on this release is refused. Called by query/release.c.
-- $1 permit bytea, $2 release_id int4  ->  int8
SELECT 0::int8 FROM release.retire($1::bytea, $2::int4);
