-- Brings residences up to date; gives the new ones. Called by linkage/linkage.c.
-- $1 permit bytea, $2 run_id integer  ->  count bigint
SELECT linkage.run_residences($1, $2)
