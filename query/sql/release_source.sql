-- Copies one source into a release that is being built. Called by query/release.c.
-- $1 permit bytea, $2 release_id int4, $3 source text  ->  rows int8
SELECT release.build_source($1::bytea, $2::int4, $3::text);
