-- The sources whose rows a release holds. Called by query/release.c.
-- $1 permit bytea, $2 release_id int4  ->  source text
SELECT source FROM release.build_sources($1::bytea, $2::int4);
