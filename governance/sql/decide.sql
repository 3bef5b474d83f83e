-- The name of the broken rule, or null when the action is granted. Called by governance/governance.c.
-- $1 action, $2 person, $3 source, $4 sender, $5 purpose, $6 project, $7 object  ->  rule text
SELECT governance.decide($1, $2, $3, $4, $5, $6, $7);
