#!/usr/bin/env bash
# FEBRL data sets 2 and 3 load by a spec of their own and link by soc_sec_id: pairs found, right pairs and true pairs are
# exactly those that the files' own truth (rec_id) gives for that rule. febrl.sh BUILD_FOLDER, with CINQUE_CONFORMANCE=DIR
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
sets=${CINQUE_CONFORMANCE:?the folder of the public test sets}/linkage/febrl

cat >"$work/rules.yaml" <<RULES
people:
  - { id: service, uid: service, name: Service account, roles: [engineer] }
purposes:
  - { code: test, title: Conformance, opt_out: not_applied, legal_basis: synthetic data, approver: service }
suppliers:
  - { id: anu, title: Australian National University }
agreements:
  - { supplier: anu, datasets: [febrl], purposes: [test], from: 2000-01-01, to: 2099-12-31, legal_basis: synthetic data }
policies: []
projects: []
RULES

# true pairs, pairs with one soc_sec_id, and both at once, from the file alone
expected() {
    awk -F', *' '
        function pairs(n) { return n * (n - 1) / 2 }
        NR > 1 {
            sub(/\r$/, ""); split($1, part, "-"); number = $NF
            person[part[2]]++
            if (number ~ /^[0-9]+$/ && length(number) == 7) { found[number]++; right[part[2] " " number]++ }
        }
        END {
            for (key in person) p += pairs(person[key])
            for (key in found) f += pairs(found[key])
            for (key in right) r += pairs(right[key])
            printf "true %d found %d right %d\n", p, f, r
        }' "$1"
}
# the same three numbers from what was linked, the truth joined by line number
linked() {
    awk -F', *' 'NR > 1 { split($1, part, "-"); print NR "," part[2] }' "$1" >"$work/truth.csv"
    psql -X -qAt -v ON_ERROR_STOP=1 "$(cinque status --conninfo)" <<SQL
CREATE TEMP TABLE truth (line int, person int);
\copy truth FROM '$work/truth.csv' (FORMAT csv)
CREATE TEMP TABLE row AS
SELECT t.person, linkage.current_person(l.person_id) AS found
  FROM truth AS t JOIN records.active_febrl AS r ON r.line_number = t.line LEFT JOIN linkage.link AS l USING (subject_id);
SELECT 'true ' || (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM row GROUP BY person) AS p)
    || ' found ' || (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM row WHERE found IS NOT NULL GROUP BY found) AS p)
    || ' right ' || (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM row WHERE found IS NOT NULL GROUP BY person, found) AS p);
SQL
}

for number in 2 3; do
    file=$sets/febrl_dataset$number.csv
    export CINQUE_DATA=$work/febrl$number
    mkdir -p "$CINQUE_DATA"
    chmod 0755 "$CINQUE_DATA"
    folders+=("$CINQUE_DATA")
    cinque init >/dev/null
    cinque key create >/dev/null
    cinque source apply "$top/tests/conformance/febrl.yaml" >/dev/null
    cinque governance apply "$work/rules.yaml" >/dev/null
    cinque load "$top/tests/conformance/febrl.yaml" "$file" --sender anu --period 2020-01 >/dev/null
    cinque link >/dev/null
    expect_equal "FEBRL $number: every row is held" "$(sql 'SELECT count(*) FROM records.febrl')" "$(($(wc -l <"$file") - 1))"
    pairs=$(expected "$file")
    expect_equal "FEBRL $number: pairs linked by soc_sec_id ($pairs)" "$(linked "$file")" "$pairs"
done
summary
