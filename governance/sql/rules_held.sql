-- What is held of the rules file's making and not ended, in the shape of governance/rules_items.c.
-- Called by governance/apply.c.
-- ->  kind, key, fields
SELECT 'person', ARRAY[p.person_id],
       ARRAY[p.uid::text, p.name,
             array_to_string(ARRAY[CASE WHEN p.is_engineer THEN 'engineer' END,
                                   CASE WHEN p.is_analyst THEN 'analyst' END,
                                   CASE WHEN p.is_ig_lead THEN 'ig_lead' END,
                                   CASE WHEN p.is_steward THEN 'steward' END], ', ')]
  FROM governance.person AS p WHERE p.ended_on IS NULL
UNION ALL
SELECT 'purpose', ARRAY[p.purpose],
       ARRAY[p.title, p.opt_out, p.legal_basis, p.approver, p.opt_out_max_age_days::text]
  FROM governance.purpose AS p WHERE p.ended_on IS NULL
UNION ALL
SELECT 'supplier', ARRAY[s.supplier], ARRAY[s.title]
  FROM governance.supplier AS s WHERE s.ended_on IS NULL
UNION ALL
SELECT 'agreement', ARRAY[a.sender, a.source, a.purpose, a.valid_from::text],
       ARRAY[a.valid_to::text, a.legal_basis, CASE WHEN a.each_controller THEN 'each' ELSE 'sender' END]
  FROM governance.agreement AS a WHERE a.ended_on IS NULL
UNION ALL
SELECT 'policy', ARRAY[p.name, p.effective_from::text], ARRAY[p.people_min::text, p.round_to::text]
  FROM governance.policy AS p WHERE p.ended_on IS NULL
UNION ALL
SELECT 'project', ARRAY[p.project_id], ARRAY[p.title, p.purpose, p.policy, p.valid_from::text, p.valid_to::text]
  FROM governance.project AS p WHERE p.ended_on IS NULL
UNION ALL
SELECT 'linkage', ARRAY[l.purpose, l.source_a, l.source_b, l.valid_from::text], ARRAY[l.valid_to::text, l.combinations]
  FROM governance.linkage AS l WHERE l.ended_on IS NULL
UNION ALL
SELECT 'member', ARRAY[m.project_id, m.person_id], ARRAY[]::text[]
  FROM governance.project_member AS m WHERE m.ended_on IS NULL
UNION ALL
SELECT 'grant', ARRAY[s.project_id, s.source], ARRAY[]::text[]
  FROM governance.project_source AS s WHERE s.ended_on IS NULL;
