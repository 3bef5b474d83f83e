-- Checks the opt-out list, pins the loads, numbers the people. Called by query/release.c.
-- $1 permit bytea, $2 month int4, $3 purpose text, $4 status text, $5 known_on date (null: as usual)  ->  release_id int4
SELECT release.build_begin($1::bytea, $2::int4, $3::text, $4::text, $5::date);
