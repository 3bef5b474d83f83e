-- Merges people and links subjects to them; gives the new links. Called by linkage/linkage.c.
-- $1 permit bytea, $2 run_id integer  ->  count bigint
SELECT linkage.run_people($1, $2)
