-- Keeps what was learnt; gives the model. Called by linkage/alike_model.c.
-- $1 permit bytea, $2 run_id integer, $3 match, $4 chance: shares, $5 prior text  ->  model bigint
SELECT linkage.model_keep($1, $2, $3, $4, $5)
