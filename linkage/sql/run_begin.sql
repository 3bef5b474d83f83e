-- Opens a run. Called by linkage/linkage.c.
-- $1 permit bytea, $2 rule_version smallint  ->  run_id bigint
SELECT linkage.run_begin($1, $2)::int8
