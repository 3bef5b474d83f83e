-- Approves what another person then does, as the permit's person. Called by governance/acts.c.
-- $1 permit bytea, $2 action text: the permit's, $3 object text  ->  0 int8
SELECT 0::int8 FROM (SELECT governance.approve_act($1::bytea, $2::text, $3::text)) AS done
