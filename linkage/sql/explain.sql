-- Why a subject, or a person's, is linked as it is. Called by linkage/explain.c.
-- $1 permit bytea, $2 number bigint  ->  what text, subject, person bigint, pass text, run, rule version bigint, weight float8, other subject bigint, agreement text
SELECT what, subject_id, person_id, pass, run_id::int8, rule_version::int8, weight, other_subject, agreement
  FROM linkage.explain($1, $2)
