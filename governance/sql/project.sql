-- A project with the policy in force today. Called by governance/rules.c.
-- $1 project  ->  purpose, valid from, valid to, policy, its date, people_min, round_to
SELECT p.purpose, p.valid_from, p.valid_to, o.name, o.effective_from, o.people_min, o.round_to
  FROM governance.project AS p
  JOIN governance.policy AS o ON o.name = p.policy
 WHERE p.project_id = $1 AND p.ended_on IS NULL AND o.ended_on IS NULL
   AND o.effective_from <= governance.today()
 ORDER BY o.effective_from DESC
 LIMIT 1;
