-- One query with its approval. Called by governance/queries.c.
-- $1 query  ->  project, author, approver or null, content, text
SELECT q.project_id, q.author, a.approver, q.content, q.query_text
  FROM governance.query AS q
  LEFT JOIN governance.approval AS a ON a.query_id = q.query_id
 WHERE q.query_id = $1;
