-- Who is registered under a user id. Called by governance/person.c.
-- $1 uid  ->  person, is engineer, is analyst, is IG lead, is data steward
SELECT p.person_id, p.is_engineer, p.is_analyst, p.is_ig_lead, p.is_steward
  FROM governance.person AS p
 WHERE p.uid = $1 AND p.ended_on IS NULL;
