-- Every entry in the order of the tree, then those that are not indexed yet. Called by governance/walk.c.
-- ->  leaf index or null, leaf hash or null, time or null, entry or null (missing)
SELECT l.leaf_index, l.leaf_hash, i.at, i.entry
  FROM audit.leaf AS l
  FULL JOIN audit.intake AS i ON i.entry_id = l.entry_id
 ORDER BY l.leaf_index NULLS LAST, i.entry_id;
