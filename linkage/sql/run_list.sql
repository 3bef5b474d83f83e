-- All runs, oldest first. Called by linkage/report.c.
SELECT run_id::int8, started, rule_version::int8, subjects, linked, people, state,
       coalesce('everything: ' || whole_because,
                'what changed' || CASE WHEN model_id IS NOT NULL THEN coalesce('; of likeness everything: ' || alike_because, '') ELSE '' END)
  FROM linkage.run
 ORDER BY run_id
