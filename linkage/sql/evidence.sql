-- What speaks for or against two subjects being one person, as linkage.run_evidence left it. Called by
-- linkage/alike_people.c.
-- ->  subject_a, subject_b, person_a, person_b bigint, weight float8, levels bigint, is_dead_a, is_dead_b boolean, years_between bigint,
-- born_from_a, born_to_a, born_from_b, born_to_b bigint
SELECT subject_a, subject_b, person_a, person_b, weight, levels, is_dead_a, is_dead_b, years_between,
       born_from_a, born_to_a, born_from_b, born_to_b
  FROM pg_temp.alike_evidence
