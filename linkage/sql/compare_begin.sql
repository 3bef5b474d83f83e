-- Opens the comparison of a run; gives the model whose weights count, 0: none yet. Called by linkage/alike.c.
-- $1 permit bytea, $2 run_id integer  ->  model bigint
SELECT linkage.compare_begin($1, $2)
