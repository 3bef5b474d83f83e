-- All checkpoints by size. Called by governance/checkpoint_list.c.
-- ->  tree size, root, time
SELECT c.tree_size, c.root, c.at
  FROM audit.checkpoint AS c
 ORDER BY c.tree_size;
