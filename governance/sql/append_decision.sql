-- Appends a decision and, when it grants, makes its permit. Called by governance/log.c.
-- $1 entry bytea  ->  entry number
SELECT audit.decide($1);
