-- What a release lacks for want of a more settled delivery. Called by query/release.c.
-- $1 release_id int4  ->  source text, month int4, status text, senders int4, rows int8
SELECT source, month, status, senders, rows FROM release.unsettled($1::int4);
