#!/usr/bin/env bash
# Chosen plaintext (attack A9): a provider sends probes, each a row about one number, and looks at what comes back to know
# whether that person is held. The control: who sees the counts of a run of linkage tells every probe. The provider sees
# its folder, which is the same whoever was asked for. No table that may travel has a count of a few, and how often and
# how much was sent is in the log and in the ledger.
# Red when a pull or load leaves anything in the sender's folder, or the report shows a count from 1 to 7.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
probes=8
county 800 2
data_folder data
cinque load --deliveries "$work/county/deliveries.csv" >/dev/null 2>&1
cinque link >/dev/null

drop=$work/drop
mkdir -p "$drop" "$CINQUE_DATA/feeds"
cat >"$CINQUE_DATA/feeds/probe.yaml" <<END
feed: probe
source: gp_event
sender: kent-icb
file: "probe_{CCYY}{MM}.csv"
transport: { kind: folder, folder: $drop, complete: done }
expected: { by_day: 10 }
archive: { keep_days: 30 }
END

# Numbers that pass their check: of people who are registered to this day, and of nobody.
tail -n +2 "$work/county/truth/truth.csv" | awk -F, '$5 == "" && $3 == "" && $11 ~ /:$/ { print $2 }' >"$work/known"
tail -n +2 "$work/county/truth/truth.csv" | awk -F, '{ print $2; print $3 }' | sort -u >"$work/all"
awk 'BEGIN {
    for (body = 999777000; body < 999777400; body++) {
        sum = 0
        for (at = 1; at <= 9; at++) sum += substr(body, at, 1) * (11 - at)
        check = 11 - sum % 11
        if (check == 11) check = 0
        if (check != 10) print body check
    }
}' | grep -vxFf "$work/all" >"$work/strangers"
registered() { # those whom the register's newest file has, so that a probe finds somebody
    local list
    list=$(find "$work/county/extracts" -path '*/patient_list/*.csv' | sort | tail -n 1)
    cut -d, -f1 "$list" | sort -u | grep -xFf "$work/known"
}
mapfile -t held < <(registered | head -n $((probes / 2)))
mapfile -t nobody < <(head -n $((probes / 2)) "$work/strangers")
header=$(head -n 1 "$(find "$work/county/extracts" -path '*/gp_event/*.csv' | head -n 1)")

# All that a sender can see of its folder, but for times.
seen() { (cd "$drop" && find . -type f -printf '%f %s %m ' -exec sha256sum {} \; | sort); }
guessed=0 told=0
for ((i = 0; i < probes; i++)); do
    is_held=$((i % 2))
    number=${nobody[i / 2]}
    if ((is_held)); then number=${held[i / 2]}; fi
    month=$(printf '2025%02d' $((i + 1)))
    printf '%s\nO%010d,%s,P%07d,Z10008,2024-11-05,2024-11-05,44054006,,,first,1,0,0\n' "$header" "$i" "$number" "$i" >"$drop/probe_$month.csv"
    touch "$drop/probe_$month.csv.done"
    seen >"$work/before"
    cinque pull probe --load >"$work/pulled" 2>&1
    cinque link >/dev/null
    seen >"$work/after"
    if ! cmp -s "$work/before" "$work/after"; then guessed=$((guessed + 1)); fi
    # the control: somebody new is a person of their own
    new=$(sql "SELECT people_new FROM linkage.run ORDER BY run_id DESC LIMIT 1")
    if ((new == 1 - is_held)); then told=$((told + 1)); fi
done
expect_equal "the counts of a run tell each of the probes" "$told" "$probes"
expect_equal "what comes back to the sender says nothing of any" "$guessed" 0
expect_equal "each probe was loaded" "$(sql "SELECT count(*) FROM ingest.delivery WHERE feed = 'probe' AND state = 'published'")" "$probes"

cinque link report --format csv | tr -d '\r' >"$work/report.csv"
few=$(awk -F, 'NR > 1 { for (i = 3; i <= 4; i++) if ($i ~ /^[1-7]$/) n++ } END { print n + 0 }' "$work/report.csv")
expect "the report has lines" test "$(wc -l <"$work/report.csv")" -gt 20
expect_equal "none of which counts a few" "$few" 0
expect "though there are such groups" test \
    "$(sql "SELECT count(*) FROM linkage.report_rates() WHERE subjects BETWEEN 1 AND 7 OR linked BETWEEN 1 AND 7")" -gt 0
expect_equal "how often it asked is in the log" "$(sql "SELECT count(*) FROM audit.permit AS p JOIN ingest.load AS l USING (permit_id)
    JOIN ingest.source AS s USING (source_id) WHERE s.name = 'gp_event' AND l.period < 312 AND p.action = 'load'")" "$probes"
expect_equal "and how much" "$(sql "SELECT sum(rows_read) FROM ingest.load AS l JOIN ingest.source AS s USING (source_id)
    WHERE s.name = 'gp_event' AND l.period < 312")" "$probes"
summary
