#!/usr/bin/env bash
# Homes of rows that say no UPRN, over the synthetic truth: found by the keyed address, where it is spelt otherwise too.
# Prints how many there are, and of these how many are in a home that their person really had, in another's, in one apart
# (a home that is known under another spelling), in none; with addresses and, once their tokens are taken away, without. Judged by the truth of who lived where: a household's UPRN is what its other
# rows say, and right where the row's person had it; one that no row says a UPRN of is wrong where its people had no home in common.
# Some addresses of the county are of two homes: those place nobody.
# Red where linkage.homes_wanted takes any UPRN of an address, TOKEN_ADDRESS leaves the postcode out, or normalise_address what
# stands behind a street (a flat) without asking what it is.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
county "${HOMES_PEOPLE:-4000}" 2
data_folder data

(cd "$work/county" && find extracts -name '*.csv' -exec sha256sum {} +) | awk '{ print $2 "," $1 }' >"$work/contents.csv"
# path,line,uprn: what the row says; a quoted field has no comma that counts
uprns() { # column, source, separator
    local file
    while read -r file; do
        awk -F"$3" -v OFS=, -v column="$1" -v path="${file#"$work/county/"}" \
            'NR > 1 { sub(/\r$/, ""); gsub(/"([^"]|"")*"/, "quoted"); print path, NR, $column }' "$file"
    done < <(find "$work/county/extracts" -path "*/$2/*.csv")
}
{ uprns 8 patient_list ,; uprns 2 council_tax_account '|'; uprns 2 fire_visit ,; } >"$work/uprns.csv"

cat >"$work/truth.sql" <<SQL
SET client_min_messages = warning;
CREATE TEMP TABLE content (path text, hash text);
\copy content FROM '$work/contents.csv' (FORMAT csv)
CREATE TEMP TABLE said (path text, line int, uprn text);
\copy said FROM '$work/uprns.csv' (FORMAT csv)
CREATE TEMP TABLE truth (source text, path text, line int, person int, clean bool, state text);
\copy truth FROM '$work/county/truth/links.csv' (FORMAT csv, HEADER)
CREATE TEMP TABLE person (person int, nhs_number text, superseded text, born date, died date, sex text, ethnic text,
                          district text, smoking text, conditions text, homes text);
\copy person FROM '$work/county/truth/truth.csv' (FORMAT csv, HEADER)
CREATE TEMP TABLE home AS
SELECT DISTINCT person, split_part(stay, ':', 1) AS uprn FROM person, regexp_split_to_table(homes, ' ') AS stay;
CREATE TEMP TABLE held (source text, load_id int, line int, subject_id bigint);
DO \$\$
DECLARE source text;
BEGIN
    FOREACH source IN ARRAY ARRAY['patient_list', 'council_tax_account', 'fire_visit'] LOOP
        EXECUTE format('INSERT INTO held SELECT %L, load_id, line_number, subject_id FROM records.%I', source, source);
    END LOOP;
END \$\$;
CREATE TEMP TABLE placed AS
SELECT DISTINCT h.source, h.subject_id, t.person, nullif(s.uprn, '') AS uprn, p.household_id
  FROM held AS h JOIN ingest.load AS l USING (load_id)
  JOIN content AS c ON c.hash = encode(l.content, 'hex')
  JOIN truth AS t ON t.path = c.path AND t.line = h.line AND t.state = 'ok'
  JOIN said AS s ON s.path = c.path AND s.line = h.line
  LEFT JOIN linkage.subject_household AS p USING (subject_id)
 WHERE h.subject_id IS NOT NULL;
CREATE TEMP TABLE house AS SELECT DISTINCT household_id, uprn FROM placed WHERE uprn IS NOT NULL;
-- no UPRN said, and no home that all its people had
CREATE TEMP TABLE mixed AS
WITH living AS (SELECT DISTINCT household_id, person FROM placed
                 WHERE household_id IS NOT NULL AND household_id NOT IN (SELECT household_id FROM house)),
     shared AS (SELECT household_id, uprn, count(*) AS people FROM living JOIN home USING (person) GROUP BY 1, 2)
SELECT household_id FROM living LEFT JOIN shared USING (household_id)
 GROUP BY household_id HAVING coalesce(max(people), 0) < count(DISTINCT living.person);
-- of those without a UPRN whose person's home somebody else says the UPRN of: there is a home to be found
CREATE TEMP TABLE wanted AS
SELECT w.source, CASE WHEN w.household_id IS NULL THEN 'none'
                      WHEN w.household_id IN (SELECT household_id FROM mixed) THEN 'wrong' WHEN house.uprn IS NULL THEN 'apart'
                      WHEN EXISTS (SELECT FROM home WHERE home.person = w.person AND home.uprn = house.uprn) THEN 'right'
                      ELSE 'wrong' END AS home
  FROM placed AS w LEFT JOIN house USING (household_id)
 WHERE w.uprn IS NULL
   AND EXISTS (SELECT FROM home JOIN house AS known USING (uprn) WHERE home.person = w.person);
\pset tuples_only on
\pset format unaligned
\pset fieldsep ' '
SELECT coalesce(source, 'all'), count(*), count(*) FILTER (WHERE home = 'right'), count(*) FILTER (WHERE home = 'wrong'),
       count(*) FILTER (WHERE home = 'apart'), count(*) FILTER (WHERE home = 'none')
  FROM wanted GROUP BY ROLLUP (source) ORDER BY source;
SELECT 'mixed', count(*) FROM mixed;
SELECT 'split', count(*) FROM (SELECT uprn FROM house GROUP BY uprn HAVING count(*) > 1) AS s;
SQL
judge() { # name
    psql -X -q -v ON_ERROR_STOP=1 "$(cinque status --conninfo)" -f "$work/truth.sql" >"$work/answers-$1"
    sed "s/^/$1: /" "$work/answers-$1"
}
answer() { awk -v key="$2" -v place="$3" '$1 == key { print $place }' "$work/answers-$1"; }

cinque load --deliveries "$work/county/deliveries.csv" >/dev/null
cinque link >/dev/null
judge with
by_run=$(sql 'SELECT md5(string_agg(format($$%s %s$$, subject_id, first), $$,$$ ORDER BY subject_id)) FROM (SELECT subject_id, min(subject_id) OVER (PARTITION BY household_id) AS first FROM linkage.subject_household) AS d')

expect "many rows have no UPRN" test "$(answer with all 2)" -gt 100
expect "more than four of five find their home" test $((5 * $(answer with all 3))) -gt $((4 * $(answer with all 2)))
expect "not one in two hundred finds another's" test $((200 * $(answer with all 4))) -lt "$(answer with all 3)"
expect_equal "no address without a UPRN is of two homes" "$(answer with mixed 2)" 0
expect_equal "no UPRN is of two households" "$(answer with split 2)" 0

run=$(sql "SELECT max(run_id) FROM linkage.run WHERE state = 'done'")
cinque link undo "$run" >/dev/null
sql "UPDATE subjects.subject SET address_token = NULL WHERE address_token IS NOT NULL" >/dev/null
cinque link >/dev/null
judge without
expect_equal "without the addresses nobody of them finds a home" "$(answer without all 6)" "$(answer without all 2)"
expect "the homes are others then" test "$by_run" != "$(sql 'SELECT md5(string_agg(format($$%s %s$$, subject_id, first), $$,$$ ORDER BY subject_id)) FROM (SELECT subject_id, min(subject_id) OVER (PARTITION BY household_id) AS first FROM linkage.subject_household) AS d')"
summary
