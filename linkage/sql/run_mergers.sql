-- Follows mergers: roots of the number tokens; gives how many tokens mergers name. Called by linkage/linkage.c.
-- $1 permit bytea, $2 run_id integer  ->  count bigint
SELECT linkage.run_mergers($1, $2)
