-- Keeps what was compared; gives the pairs. Called by linkage/alike.c.
-- $1 permit bytea, $2 run_id, $3 model_id integer, $4 pairs compared, $5 blocks closed, $6 unread bigint  ->  pairs bigint
SELECT linkage.compare_keep($1, $2, $3, $4, $5, $6)
