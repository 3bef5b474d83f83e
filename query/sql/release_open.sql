-- The reader's door: permit open, text approved, release live and of the project's purpose. Called by query/run.c.
-- $1 permit bytea, $2 query_id text, $3 query_content bytea, $4 release_id int4
-- ->  month int4, people int8, manifest bytea, known_on date
SELECT month, people, manifest, known_on FROM release.open($1::bytea, $2::text, $3::bytea, $4::int4);
