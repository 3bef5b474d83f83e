-- All queries, oldest first. Called by governance/queries.c.
-- ->  query, project, title, author, approver or null, submitted
SELECT q.query_id, q.project_id, q.title, q.author, a.approver, q.submitted_at
  FROM governance.query AS q
  LEFT JOIN governance.approval AS a ON a.query_id = q.query_id
 ORDER BY q.query_id;
