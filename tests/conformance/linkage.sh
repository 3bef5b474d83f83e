#!/usr/bin/env bash
# What linking from encodings reaches on public sets, with the threshold that it chooses without truth: FEBRL 3 without
# soc_sec_id and half of historical_50k, hardened and not; claims of probability; and that learning finds the known
# parameters of Splink's test. linkage.sh BUILD_FOLDER, with CINQUE_CONFORMANCE=DIR
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
sets=${CINQUE_CONFORMANCE:?the folder of the public test sets}/linkage

source "$(dirname "${BASH_SOURCE[0]}")/../support/linkage_sets.sh"
linkage_sets "$sets" "$work"

# at_least WHAT REPORT GROUP FLOOR: the F1 of a group of a report is not below what is promised
at_least() {
    local value
    value=$(awk -v group="\"$3\": {" 'index($0, group) { inside = 1 } inside && /"f1":/ { gsub(/[^0-9.]/, "", $2); print $2; exit }' "$2")
    expect_equal "$1 ($value)" "$(awk -v v="${value:-0}" -v f="$4" 'BEGIN { print (v >= f) }')" 1
}
# a claim of probability is kept within 0.03
calibrated() {
    local gap
    gap=$(awk '/"claimed":/ { claimed = $2 + 0; n++ } /"right":/ { d = claimed - ($2 + 0); if (d < 0) d = -d; if (d > gap) gap = d }
        END { print (n == 2 ? gap + 0 : 1) }' "$2")
    expect_equal "$1: claims differ from truth by at most 0.03 ($gap)" "$(awk -v g="$gap" 'BEGIN { print (g <= 0.03) }')" 1
}

for hardening in "" --plain; do
    name=${hardening:-hardened}
    cinque link evaluate "$work/febrl3.csv" --spec "$work/febrl.yaml" --truth person --json $hardening >"$work/febrl.json"
    at_least "FEBRL 3 $name: F1 of clusters is at least 0.998" "$work/febrl.json" clusters 0.998
    calibrated "FEBRL 3 $name" "$work/febrl.json"
    cinque link evaluate "$sets/historical_50k/historical_half.csv" --spec "$work/historical.yaml" --truth cluster --json \
        $hardening >"$work/historical.json"
    floor=0.86
    [[ -n $hardening ]] || floor=0.82
    at_least "historical half $name: F1 of clusters is at least $floor" "$work/historical.json" clusters "$floor"
    calibrated "historical half $name" "$work/historical.json"
done

# m 0.7, 0.9, 0.95; u 0.1, 0.025, 0.2; prior 0.5
"$build/tests/conformance/known_parameters" "$sets/splink/known_params_comparison_vectors.csv" >"$work/learnt"
expect_equal "learning finds the known parameters within 0.01" "$(cat "$work/learnt")" "within 0.01"
summary
