#!/usr/bin/env bash
# Over the synthetic truth: links by NHS number are all right on clean rows, no clean row is left unlinked, and the
# linkage report's counts are those that the extracts themselves give for the rule, judged here by a second
# implementation of the NHS number's check.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
county 3000 3
data_folder data
cinque load --deliveries "$work/county/deliveries.csv" >/dev/null
cinque link >/dev/null
cinque link report --format csv >"$work/report.csv"

# path,content for each delivered file
(cd "$work/county" && find extracts -name '*.csv' -exec sha256sum {} +) | awk '{ print $2 "," $1 }' >"$work/contents.csv"

# path,line,valid: does the row's NHS number pass modulus 11? No column before it is ever quoted.
judge() { # column number of the NHS number, source
    local file
    while read -r file; do
        awk -F, -v column="$1" -v path="${file#"$work/county/"}" '
            function passes(number,    at, sum, check) {
                gsub(/[ -]/, "", number)
                if (number !~ /^[0-9]+$/ || length(number) != 10) return 0
                if (number ~ /^(0+|1+|2+|3+|4+|5+|6+|7+|8+|9+)$/) return 0
                for (at = 1; at <= 9; at++) sum += substr(number, at, 1) * (11 - at)
                check = 11 - sum % 11
                if (check == 11) check = 0
                return check != 10 && check == substr(number, 10, 1) + 0
            }
            NR > 1 { sub(/\r$/, ""); print path "," NR "," (passes($column) ? "yes" : "no") }' "$file"
    done < <(find "$work/county/extracts" -path "*/$2/*.csv")
}
{ judge 1 patient_list; judge 3 apc_spell; judge 4 ec_attendance; judge 2 gp_event; judge 4 social_care_event; judge 2 death; judge 1 opt_out; } >"$work/judged.csv"

cat >"$work/truth.sql" <<SQL
SET client_min_messages = warning;
CREATE TEMP TABLE content (path text, hash text);
\copy content FROM '$work/contents.csv' (FORMAT csv)
CREATE TEMP TABLE judged (path text, line int, valid bool);
\copy judged FROM '$work/judged.csv' (FORMAT csv)
CREATE TEMP TABLE truth (source text, path text, line int, person int, clean bool, state text);
\copy truth FROM '$work/county/truth/links.csv' (FORMAT csv, HEADER)
CREATE TEMP TABLE held (source text, load_id int, line int, subject_id bigint);
DO \$\$
DECLARE source text;
BEGIN
    FOR source IN SELECT name FROM ingest.source WHERE subject_kind = 'person' AND role IS DISTINCT FROM 'merger' LOOP
        EXECUTE format('INSERT INTO held SELECT %L, load_id, line_number, subject_id FROM records.%I', source, source);
    END LOOP;
END \$\$;
CREATE TEMP TABLE joined AS
SELECT h.source, h.subject_id, t.person, t.clean, j.valid, linkage.current_person(k.person_id) AS found
  FROM held AS h
  JOIN ingest.load AS l USING (load_id)
  JOIN content AS c ON c.hash = encode(l.content, 'hex')
  JOIN truth AS t ON t.path = c.path AND t.line = h.line AND t.source = h.source
  JOIN judged AS j ON j.path = c.path AND j.line = h.line
  LEFT JOIN linkage.link AS k USING (subject_id);
\pset tuples_only on
\pset format unaligned
SELECT 'rows ' || (SELECT count(*) FROM held) || ' ' || count(*) FROM joined;
SELECT 'clean ' || count(*) FROM joined WHERE clean;
SELECT 'clean_unlinked ' || count(*) FROM joined WHERE clean AND found IS NULL;
SELECT 'split ' || count(*) FROM (SELECT person FROM joined WHERE clean GROUP BY 1 HAVING count(DISTINCT found) > 1) AS s;
SELECT 'mixed ' || count(*) FROM (SELECT found FROM joined WHERE clean AND found IS NOT NULL GROUP BY 1 HAVING count(DISTINCT person) > 1) AS s;
SELECT 'rate ' || source || ' ' || count(DISTINCT subject_id) || ' ' || count(DISTINCT subject_id) FILTER (WHERE valid)
  FROM joined WHERE subject_id IS NOT NULL GROUP BY source ORDER BY source;
SQL
psql -X -q -v ON_ERROR_STOP=1 "$(cinque status --conninfo)" -f "$work/truth.sql" >"$work/answers"
answer() { awk -v key="$1" '$1 == key { print $2 }' "$work/answers"; }

read -r held joined < <(awk '$1 == "rows" { print $2, $3 }' "$work/answers")
expect_equal "the truth knows every row held" "$joined" "$held"
expect "there are clean rows to judge" test "$(answer clean)" -gt 10000
expect_equal "no clean row is unlinked" "$(answer clean_unlinked)" 0
expect_equal "nobody's clean rows are split over two people" "$(answer split)" 0
expect_equal "no two people's clean rows are linked to one person" "$(answer mixed)" 0

reported=$(awk -F, '$1 == "source" { print "rate", $2, $3, $4 }' "$work/report.csv")
while read -r line; do
    read -r _ source subjects linked <<<"$line"
    # counts below 8 are not shown
    ((subjects >= 8 && linked >= 8)) || continue
    expect "the report's rate of $source is the truth's: $linked of $subjects" grep -qx "$line" <<<"$reported"
done < <(grep '^rate ' "$work/answers")
summary
