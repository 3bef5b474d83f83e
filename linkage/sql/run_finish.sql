-- Counts and closes a run. Called by linkage/linkage.c.
-- $1 permit bytea, $2 run_id integer  ->  seventeen counts, as in LinkageReport
SELECT subjects, linked, unlinked, people, people_new, people_merged, households, residences, crosswalked, within_space,
       crosswalk_ambiguous, alike, alone, compared, blocks_closed, clerical, conflicts
  FROM linkage.run_finish($1, $2)
