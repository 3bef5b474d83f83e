-- Counts and closes a run. Called by linkage/linkage.c.
-- $1 permit bytea, $2 run_id integer  ->  eleven counts, as in LinkageReport
SELECT subjects, linked, unlinked, people, people_new, people_merged, households, residences, crosswalked, within_space,
       crosswalk_ambiguous
  FROM linkage.run_finish($1, $2)
