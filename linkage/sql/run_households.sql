-- Places subjects in households; gives the new places. Called by linkage/linkage.c.
-- $1 permit bytea, $2 run_id integer  ->  count bigint
SELECT linkage.run_households($1, $2)
