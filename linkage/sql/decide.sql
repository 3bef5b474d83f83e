-- Keeps a decision about a pair; gives the pair. Called by linkage/explain.c.
-- $1 permit bytea, $2 pair bigint, $3 is_same boolean  ->  pair bigint
SELECT linkage.decide($1, $2, $3)
