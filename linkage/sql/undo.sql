-- Takes a run back; gives how many links went. Called by linkage/linkage.c.
-- $1 permit bytea, $2 run_id integer  ->  links bigint
SELECT linkage.undo($1, $2)
