-- Follows the cross-walks of issuers; gives the pseudonyms that lead somewhere. Called by linkage/linkage.c.
-- $1 permit bytea, $2 run_id integer  ->  count bigint
SELECT linkage.run_crosswalk($1, $2)
