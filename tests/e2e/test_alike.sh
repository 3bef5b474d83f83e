#!/usr/bin/env bash
# Links by likeness over the synthetic truth: rows of social care and deaths whose number is missing, wrong or
# somebody else's find their person by encodings, once a rule lets them be compared, and not before. Prints pairwise
# precision and recall before and after, of all and by source, age, sex, ethnicity, deprivation and homes. Judged by the
# truth alone: two subjects are one person where their rows are.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
county "${ALIKE_PEOPLE:-4000}" 3
data_folder data
rules=$work/rules.yaml
cp "$work/examples/governance.yaml" "$rules"

judge() { # name: answers to $work/answers-NAME
    (cd "$work/county" && find extracts -name '*.csv' -exec sha256sum {} +) | awk '{ print $2 "," $1 }' >"$work/contents.csv"
    cat >"$work/truth.sql" <<SQL
SET client_min_messages = warning;
CREATE TEMP TABLE content (path text, hash text);
\copy content FROM '$work/contents.csv' (FORMAT csv)
CREATE TEMP TABLE truth (source text, path text, line int, person int, clean bool, state text);
\copy truth FROM '$work/county/truth/links.csv' (FORMAT csv, HEADER)
CREATE TEMP TABLE person (person int, nhs_number text, superseded text, born date, died date, sex text, ethnic text,
                          district text, smoking text, conditions text, homes text);
\copy person FROM '$work/county/truth/truth.csv' (FORMAT csv, HEADER)
CREATE TEMP TABLE held (source text, load_id int, line int, subject_id bigint);
DO \$\$
DECLARE source text;
BEGIN
    FOREACH source IN ARRAY ARRAY['patient_list', 'social_care_event', 'death'] LOOP
        EXECUTE format('INSERT INTO held SELECT %L, load_id, line_number, subject_id FROM records.%I', source, source);
    END LOOP;
END \$\$;
CREATE TEMP TABLE subject AS
SELECT h.subject_id, min(h.source) AS source, min(t.person) AS person
  FROM held AS h JOIN ingest.load AS l USING (load_id)
  JOIN content AS c ON c.hash = encode(l.content, 'hex')
  JOIN truth AS t ON t.path = c.path AND t.line = h.line AND t.source = h.source
 WHERE h.subject_id IS NOT NULL
 GROUP BY h.subject_id HAVING count(DISTINCT t.person) = 1;
CREATE TEMP TABLE placed AS
SELECT s.*, k.person_id AS found, k.pass FROM subject AS s LEFT JOIN linkage.current_link AS k USING (subject_id);
\pset tuples_only on
\pset format unaligned
\pset fieldsep ' '
WITH counted AS (
    SELECT (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM placed GROUP BY person) AS t) AS true_pairs,
           (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM placed WHERE found IS NOT NULL GROUP BY found) AS f) AS found_pairs,
           (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM placed WHERE found IS NOT NULL GROUP BY found, person) AS r) AS right_pairs)
SELECT 'all ' || round(right_pairs / found_pairs, 5) || ' ' || round(right_pairs / true_pairs, 5) FROM counted;
-- and by group: the pairs of each subject of it. The groups are the truth's; a decile is that of the areas that the register's
-- rows of the person say, the least deprived of them.
CREATE TEMP TABLE told AS
SELECT p.*, count(*) OVER (PARTITION BY person) - 1 AS truly,
       CASE WHEN found IS NULL THEN 0 ELSE count(*) OVER (PARTITION BY found) - 1 END AS together,
       CASE WHEN found IS NULL THEN 0 ELSE count(*) OVER (PARTITION BY found, person) - 1 END AS rightly
  FROM placed AS p;
CREATE TEMP TABLE decile AS
SELECT t.person, max(d.imd_decile) AS decile FROM told AS t JOIN subjects.subject AS s USING (subject_id)
  JOIN linkage.deprivation AS d USING (lsoa_2011) WHERE t.source = 'patient_list' GROUP BY 1;
CREATE TEMP TABLE grouped AS
SELECT t.*, g.kind, g.value
  FROM told AS t JOIN person AS p USING (person) LEFT JOIN decile AS d USING (person)
 CROSS JOIN LATERAL (SELECT date_part('year', age(date '2026-09-30', p.born)) AS years,
                            cardinality(regexp_split_to_array(p.homes, ' ')) AS lived) AS o
 CROSS JOIN LATERAL (VALUES ('source', t.source), ('sex', p.sex), ('ethnicity', CASE WHEN p.ethnic BETWEEN 'A' AND 'C' THEN 'White' WHEN p.ethnic BETWEEN 'D' AND 'G' THEN 'Mixed'
                    WHEN p.ethnic BETWEEN 'H' AND 'L' THEN 'Asian' WHEN p.ethnic BETWEEN 'M' AND 'P' THEN 'Black'
                    WHEN p.ethnic BETWEEN 'R' AND 'S' THEN 'other' ELSE 'not-stated' END), ('decile', d.decile::text),
       ('age', CASE WHEN years < 18 THEN '0-17' WHEN years < 45 THEN '18-44' WHEN years < 65 THEN '45-64'
                    WHEN years < 85 THEN '65-84' ELSE '85+' END),
       ('homes', CASE WHEN lived < 3 THEN lived::text ELSE '3+' END)) AS g (kind, value);
SELECT 'group ' || kind || ' ' || coalesce(value, 'unknown') || ' ' || count(*) || ' ' || coalesce(round(sum(rightly) / nullif(sum(together), 0), 5), 1)
       || ' ' || coalesce(round(sum(rightly) / nullif(sum(truly), 0), 5), 1)
  FROM grouped GROUP BY kind, value ORDER BY kind, value;
-- of those who need it: rows of council and death whose person is in the register too
WITH home AS (SELECT DISTINCT person, found FROM placed WHERE source = 'patient_list'),
     wanted AS (SELECT p.*, EXISTS (SELECT FROM home AS h WHERE h.person = p.person AND h.found = p.found) AS is_right,
                       EXISTS (SELECT FROM home AS h WHERE h.found = p.found) AS is_placed
                  FROM placed AS p WHERE source <> 'patient_list' AND person IN (SELECT person FROM home))
SELECT source || ' ' || count(*) || ' ' || count(*) FILTER (WHERE is_right) || ' ' || count(*) FILTER (WHERE is_placed AND NOT is_right)
       || ' ' || count(*) FILTER (WHERE NOT is_placed)
  FROM wanted GROUP BY source ORDER BY source;
SELECT 'alike ' || count(*) FILTER (WHERE pass BETWEEN 6 AND 9) || ' alone ' || count(*) FILTER (WHERE pass = 10) FROM placed;
-- pairs that share a keyed combination: all, and of two people
SELECT 'keyed ' || count(*) || ' ' || count(*) FILTER (WHERE a.person <> b.person)
  FROM linkage.pair AS p JOIN subject AS a ON a.subject_id = p.subject_a JOIN subject AS b ON b.subject_id = p.subject_b
 WHERE p.levels >> 48 > 0;
SELECT 'digest ' || md5(coalesce(string_agg(format('%s %s %s %s', subject_id, first, pass, levels), ',' ORDER BY subject_id), ''))
  FROM (SELECT k.subject_id, min(k.subject_id) OVER (PARTITION BY c.person_id) AS first, k.pass, k.levels
          FROM linkage.link AS k JOIN linkage.current_link AS c USING (subject_id)) AS d;
SELECT 'waiting ' || count(*) FROM linkage.clerical;
SELECT 'conflicts ' || count(*) FROM linkage.conflict;
SQL
    psql -X -q -v ON_ERROR_STOP=1 "$(cinque status --conninfo)" -f "$work/truth.sql" >"$work/answers-$1"
    sed "s/^/$1: /" "$work/answers-$1"
}
answer() { awk -v key="$2" -v place="$3" '$1 == key { print $place }' "$work/answers-$1"; }

cinque load --deliveries "$work/county/deliveries.csv" >/dev/null
cinque link >/dev/null
judge before
expect_equal "without a rule there is no encoding" "$(sql 'SELECT count(*) FROM subjects.encoding')" 0
expect_equal "without a rule nobody is linked by likeness" "$(answer before alike 2)" 0

cat >>"$rules" <<'YAML'

linkages:
  - { purpose: phm, sources: [patient_list, social_care_event, death], from: 2024-01-01, to: 2030-12-31 }
YAML
data_folder ruled
approve apply "$(sha256sum "$rules" | cut -d' ' -f1)"
cinque governance apply "$rules" >/dev/null
cinque load --deliveries "$work/county/deliveries.csv" >/dev/null
cinque link --verbose 2>&1 | sed 's/^/link: /'
judge after
# of the given name 6 is the share of pairs that agree in a common one by chance, 7 in a middling one: only a first pass over
# the file can tell them apart
expect_equal "weights tell common names from others" "$(sql 'SELECT chance_shares[6] > chance_shares[7] FROM linkage.model')" t
expect_equal "given names agree in most matches" "$(sql 'SELECT match_shares[6] + match_shares[7] + match_shares[8] > 0.8 FROM linkage.model')" t
expect "more of social care find their person" test "$(answer after social_care_event 3)" -gt "$(answer before social_care_event 3)"
expect "no fewer of the dead do" test "$(answer after death 3)" -ge "$(answer before death 3)"
expect_equal "nobody of social care is put with another" "$(answer after social_care_event 4)" 0
expect "some pairs share a keyed combination" test "$(answer after keyed 2)" -gt 0
expect_equal "none of them is of two people" "$(answer after keyed 3)" 0
expect "pairwise precision does not fall by a thousandth" awk -v a="$(answer after all 2)" -v b="$(answer before all 2)" 'BEGIN { exit !(a >= b - 0.001) }'
expect "pairwise recall rises" awk -v a="$(answer after all 3)" -v b="$(answer before all 3)" 'BEGIN { exit !(a > b) }'
# by source, age, sex, ethnicity, decile and homes: nobody's group is linked worse than it was, nor much worse than the rest
groups() { awk '$1 == "group" { print $2, $3, $5, $6 }' "$work/answers-$1"; }
expect_equal "each kind of group has its lines" "$(groups after | awk '!seen[$1]++ { n++ } END { print n }')" 6
expect "without likeness some groups are linked worse than the rest" test "$(groups before | awk '$4 < 0.98' | wc -l)" -gt 2
expect_equal "with it none has a precision or recall below 0.99" "$(groups after | awk '$3 < 0.99 || $4 < 0.99')" ""
expect_equal "and none fewer of its pairs" "$(awk 'NR == FNR { was[$1, $2] = $4; next } $4 < was[$1, $2]' <(groups before) <(groups after))" ""
summary
