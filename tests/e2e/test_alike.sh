#!/usr/bin/env bash
# Links by likeness over the synthetic truth: rows of social care and deaths whose number is missing, wrong or
# somebody else's find their person by encodings, once a rule lets them be compared, and not before. Prints pairwise
# precision and recall before and after. Judged by the truth alone: two subjects are one person where their rows are.
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
summary
