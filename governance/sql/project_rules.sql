-- What holds for a project's use of sources today: opt-outs, and how many senders agreed to each source. Called by
-- governance/queries.c.
-- $1 project, $2 sources text[]  ->  opt_out, its list's days at most, source, agreements, of those each controller's own
SELECT u.opt_out, u.opt_out_max_age_days, s.name, count(a.sender)::int8, count(a.sender) FILTER (WHERE a.each_controller)::int8
  FROM governance.project AS p
  JOIN governance.purpose AS u ON u.purpose = p.purpose
 CROSS JOIN unnest($2::text[]) AS s (name)
  LEFT JOIN governance.agreement AS a ON a.source = s.name AND a.purpose = p.purpose AND a.ended_on IS NULL
       AND governance.today() BETWEEN a.valid_from AND a.valid_to
 WHERE p.project_id = $1::text AND p.ended_on IS NULL AND u.ended_on IS NULL
 GROUP BY u.opt_out, u.opt_out_max_age_days, s.name
 ORDER BY s.name;
