-- Brings links by likeness up to date; gives the new ones. Called by linkage/alike.c.
-- $1 permit bytea, $2 run_id integer  ->  links bigint
SELECT linkage.run_alike($1, $2)
