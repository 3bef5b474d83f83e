-- Opens the comparison of a run: the model whose weights count, 0: none yet; and whether all is to be looked at. Called by
-- linkage/alike.c.
-- $1 permit bytea, $2 run_id integer  ->  model bigint, is_whole boolean
SELECT model_id, is_whole FROM linkage.compare_begin($1, $2)
