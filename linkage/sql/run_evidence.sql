-- Collects the evidence that people are to be made of; gives how much. Called by linkage/alike_people.c.
-- $1 permit bytea, $2 run_id integer  ->  pieces bigint
SELECT linkage.run_evidence($1, $2)
