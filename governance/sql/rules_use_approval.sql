-- Uses up an IG lead's approval of a rules file, where the permit's person needs one. Called by governance/apply.c.
-- $1 permit bytea, $2 file_hash text  ->  0 int8
SELECT 0::int8 FROM (SELECT governance.use_rules_approval($1::bytea, $2::text)) AS done
