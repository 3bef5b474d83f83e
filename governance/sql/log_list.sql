-- The newest entries that pass the filter, newest first. Called by governance/log.c.
-- $1 from date or null, $2 to date or null (included), $3 person or empty, $4 action or empty, $5 most rows
-- ->  leaf index or null, entry
SELECT l.leaf_index, i.entry
  FROM audit.intake AS i
  LEFT JOIN audit.leaf AS l ON l.entry_id = i.entry_id
 WHERE ($1 IS NULL OR i.at >= $1::timestamp AT TIME ZONE 'UTC')
   AND ($2 IS NULL OR i.at < ($2 + 1)::timestamp AT TIME ZONE 'UTC')
   AND ($3 = '' OR audit.entry_text(i.entry, 5) = $3)
   AND ($4 = '' OR audit.entry_text(i.entry, 6) = $4)
 ORDER BY i.entry_id DESC
 LIMIT $5;
