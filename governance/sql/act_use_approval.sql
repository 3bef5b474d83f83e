-- Uses up an approval of what is about to be done. Called by governance/acts.c.
-- $1 permit bytea, $2 act text: the permit's action, $3 object text  ->  0 int8
SELECT 0::int8 FROM (SELECT governance.use_act_approval($1::bytea, $2::text, $3::text)) AS done
