-- Numbers that birth and sex speak against; gives how many. Called by linkage/linkage.c.
-- $1 permit bytea, $2 run_id integer  ->  count bigint
SELECT linkage.run_crosscheck($1, $2)
