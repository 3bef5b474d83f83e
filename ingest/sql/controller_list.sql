-- Whose rows of a load may be stored: no row where the sender answers for all, else every registered organisation with
-- whether it agreed. Called by ingest/controllers.c.
-- $1 permit bytea, $2 load int4  ->  code text, is allowed bool
SELECT c.controller, c.is_allowed FROM ingest.controller_list($1::bytea, $2::int4) AS c
