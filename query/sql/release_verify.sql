-- Is a release still what was published? Null: no release with this number was. Called by query/release.c.
-- $1 release_id int4  ->  int8 (1, 0 or null)
SELECT release.verify($1::int4)::int4::int8;
