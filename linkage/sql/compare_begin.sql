-- Opens the comparison of a run: the model whose weights count, 0: none yet; whether all is to be looked at; and where it
-- is not, what the run before counted. Called by linkage/alike.c.
-- $1 permit bytea, $2 run_id integer  ->  model bigint, is_whole boolean, blocks_closed, unread bigint
SELECT model_id, is_whole, blocks_closed, unread FROM linkage.compare_begin($1, $2)
