-- All releases. Called by query/release.c.
-- ->  release_id int4, month int4, purpose text, at_least text, known_on date, state text, people int8, built timestamptz,
--     content bytea
SELECT release_id, month, purpose, at_least, known_on, state, people, built, content FROM release.list();
