-- Practices that a release leaves out because of their lists. Called by query/release.c.
-- $1 release_id int4  ->  source text, sender text, month int4, practice text, people int8, published int8
SELECT source, sender, month, practice, people, published FROM release.practices($1::int4);
