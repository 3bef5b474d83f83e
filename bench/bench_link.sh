#!/usr/bin/env bash
# How fast linkage links: bench_link.sh BUILD_FOLDER [--json] [--people N] [--conformance DIR]
# Beside what the program bench_link measures: how long `cinque link evaluate` takes from a raw file of 50,000 rows to
# clusters (median of three, hardened), and with the folder of the public test sets what it reaches on them. The rows
# are the first 50,000 of the patient list of a made county of 50,000 people; public sets of that many are not held.
set -euo pipefail
build=$1
shift
json='' conformance=''
options=()
while (($#)); do
    case $1 in
    --json) json=1; shift ;;
    --conformance) conformance=$(cd "${2:?--conformance needs a folder}" && pwd)/linkage; shift 2 ;;
    *) options+=("$1"); shift ;;
    esac
done
work=$(mktemp -d /var/tmp/cinque-bench-link-XXXXXX)
trap 'rm -rf "$work"' EXIT

# ---- rows: those of the list that are whole, their address in its parts ----
"$build/cinque" synth --people 50000 --months 1 --out "$work/county" >"$work/synth.log" 2>&1
awk -F, -v OFS='|' '
    NR == 1 { print "person", "given", "family", "born", "sex", "postcode", "number", "street", "town", "practice", "address"; next }
    match($0, /"[0-9]+ [^",]+, [^",|]+"/) && !/\|/ {
        address = substr($0, RSTART + 1, RLENGTH - 2)
        rest = substr($0, RSTART + RLENGTH)
        if (split(substr($0, 1, RSTART - 2), front, ",") != 5 || split(rest, back, ",") != 11) next
        number = street = town = address
        sub(/ .*/, "", number); sub(/^[0-9]+ /, "", street); sub(/,.*/, "", street); sub(/.*, /, "", town)
        print front[1], front[3], front[2], front[4], front[5], back[2], number, street, town, back[6], address
        if (++rows == 50000) exit
    }' "$work/county/extracts/"*/patient_list/kent-icb.csv >"$work/rows.csv"
cat >"$work/rows.yaml" <<'SPEC'
separator: "|"
columns:
  - { name: given, kind: given_name }
  - { name: family, kind: family_name }
  - { name: born, kind: birth_date }
  - { name: sex, kind: sex }
  - { name: postcode, kind: postcode }
  - { name: address, kind: address }
SPEC

median_seconds() { # of three runs of a command
    local TIMEFORMAT=%R
    for _ in 1 2 3; do { time "$@" >/dev/null; } 2>&1; done | sort -n | sed -n 2p
}
f1() { # the F1 of the clusters of `cinque link evaluate` with these arguments
    "$build/cinque" link evaluate "$@" --json | awk '/"clusters": \{/ { inside = 1 } inside && /"f1":/ { gsub(/[^0-9.]/, "", $2); print $2; exit }'
}
public_sets() { # figures of the public sets, one "name value" a line
    local half=$conformance/historical_50k/historical_half.csv
    source "$(dirname "${BASH_SOURCE[0]}")/../tests/support/linkage_sets.sh"
    linkage_sets "$conformance" "$work"
    echo "f1_historical_half $(f1 "$half" --spec "$work/historical.yaml" --truth cluster --plain)"
    echo "f1_historical_half_hardened $(f1 "$half" --spec "$work/historical.yaml" --truth cluster)"
    echo "f1_febrl3 $(f1 "$work/febrl3.csv" --spec "$work/febrl.yaml" --truth person --plain)"
}

seconds=$(median_seconds "$build/cinque" link evaluate "$work/rows.csv" --spec "$work/rows.yaml" --truth person)
printf 'seconds_50k %s\n' "$seconds" >"$work/figures"
if [[ -n $conformance ]]; then
    public_sets >>"$work/figures"
else
    echo "no f1: --conformance DIR names no folder of the public sets" >&2
    printf '%s null\n' f1_historical_half f1_historical_half_hardened f1_febrl3 >>"$work/figures"
fi
if [[ -n $json ]]; then
    "$build/bench/bench_link" --json --rows "$work/rows.csv" "${options[@]}" | sed 's/}$//' | tr -d '\n'
    awk '{ printf ", \"%s\": %s", $1, $2 } END { print "}" }' "$work/figures"
else
    "$build/bench/bench_link" --rows "$work/rows.csv" "${options[@]}"
    awk '{ printf "%-27s  %6s\n", $1, $2 }' "$work/figures"
fi
