-- Appends a result and spends its permit. Called by governance/log.c.
-- $1 entry bytea  ->  entry number
SELECT audit.result($1);
