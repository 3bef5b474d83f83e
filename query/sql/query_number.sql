-- The number of the query with this wording that an open permit is for, or null. Called by query/run.c.
-- $1 permit bytea, $2 query_content bytea  ->  query_id text
SELECT release.query_of($1::bytea, $2::bytea);
