-- People, guard numbers and categories of a release that is being built. Called by query/release.c.
-- $1 permit bytea, $2 release_id int4  ->  people int8
SELECT release.build_people($1::bytea, $2::int4);
