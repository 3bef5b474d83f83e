-- Match rates: subjects and linked ones by group. Called by linkage/report.c.
-- -> group, value text, subjects, linked bigint; ordered as printed
-- Ages are those reached this year, for a subject has no day of birth. Household sources are matched to a household.
WITH subject AS (
    SELECT source.name AS source, source.subject_kind = 'person' AS is_person,
           CASE WHEN source.subject_kind = 'person' THEN coalesce(link.pass <> 9, false)
                ELSE place.subject_id IS NOT NULL END AS is_linked,
           extract(year FROM current_date)::int8 - subject.birth_year AS age,
           subject.sex, deprivation.imd_decile
      FROM subjects.subject
      JOIN ingest.source USING (source_id)
      LEFT JOIN linkage.link AS link USING (subject_id)
      LEFT JOIN linkage.subject_household AS place USING (subject_id)
      LEFT JOIN linkage.deprivation USING (lsoa_2011)
     WHERE source.role IS NULL OR source.role NOT IN ('merger', 'crosswalk')
), grouped AS (
    SELECT 1 AS place, 'all' AS kind, 'person sources' AS value, '' AS sort_key, is_linked
      FROM subject WHERE is_person
    UNION ALL
    SELECT 2, 'source', source, source, is_linked FROM subject
    UNION ALL
    SELECT 3, 'age', band.name, to_char(coalesce(band.from_age, 999), '000'), is_linked
      FROM subject
      LEFT JOIN (VALUES (0, 4, '0 to 4'), (5, 17, '5 to 17'), (18, 24, '18 to 24'), (25, 44, '25 to 44'),
                        (45, 64, '45 to 64'), (65, 74, '65 to 74'), (75, 84, '75 to 84'), (85, 199, '85 and over'))
             AS band (from_age, to_age, name) ON age BETWEEN band.from_age AND band.to_age
     WHERE is_person
    UNION ALL
    SELECT 4, 'sex', CASE sex WHEN '1' THEN 'male' WHEN '2' THEN 'female' WHEN '9' THEN 'indeterminate' END,
           coalesce(sex, '~'), is_linked
      FROM subject WHERE is_person
    UNION ALL
    SELECT 5, 'deprivation decile', imd_decile::text, to_char(coalesce(imd_decile, 999), '000'), is_linked
      FROM subject WHERE is_person
)
SELECT kind, coalesce(value, 'unknown'), count(*), count(*) FILTER (WHERE is_linked)
  FROM grouped
 GROUP BY place, kind, coalesce(value, 'unknown')
 ORDER BY place, min(sort_key), 2
