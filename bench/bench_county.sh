#!/usr/bin/env bash
# scripts/bench county [--json] [--people N]: a county from extracts to a released table, on a cluster of its own.
# Seconds for loading, linking, releasing and asking, and the largest resident memory of a client (VmHWM, polled).
# Of the release's index (the blocks that queries read): its rows, its bytes a row and the seconds it took, within the
# release's. The query is the first over this release: nothing of it is kept anywhere but in the database.
# The first argument is the release build's folder.
set -euo pipefail
build=$1
shift
people=100000 months=3 json=0
while (($#)); do
    case $1 in
    --json) json=1; shift ;;
    --people) people=$2; shift 2 ;;
    *) echo "usage: scripts/bench county [--json] [--people N]" >&2; exit 2 ;;
    esac
done
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
data=$(mktemp -d /var/tmp/cinque-bench-county-XXXXXX)
export CINQUE_DATA=$data
cinque=$data/programs/bin/cinque
trap '{ "$cinque" broker stop; "$cinque" stop; } >/dev/null 2>&1 || true; rm -rf "$data"' EXIT
chmod 0755 "$data"
cmake --install "$build" --prefix "$data/programs" >/dev/null
cp -r "$top/examples" "$data/examples"
chmod -R a+rX "$data/programs" "$data/examples"

seconds=0 peak_kib=0
timed() { # command...: its output to standard error, its time to $seconds, its memory to $peak_kib
    local started=$EPOCHREALTIME client held
    "$@" >"$data/output" 2>&1 &
    client=$!
    while held=$(awk '/^VmHWM/ { print $2 }' "/proc/$client/status" 2>/dev/null) && [[ -n $held ]]; do
        ((held <= peak_kib)) || peak_kib=$held
        sleep 0.05
    done
    wait "$client" || { cat "$data/output" >&2; exit 1; }
    seconds=$(awk -v a="$started" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }')
}
as_person() { setpriv --reuid="$1" --regid="$1" --clear-groups env CINQUE_DATA="$data" "${@:2}"; }

{
    "$cinque" init
    "$cinque" key create
    "$cinque" source apply
    "$cinque" governance apply "$data/examples/governance.yaml"
    "$cinque" synth --people "$people" --months "$months" --seed 2026 --out "$data/county"
    "$cinque" reference add "$data/county/reference/postcode_directory.csv" --edition 2026-05
    "$cinque" broker start
} >&2
rows=$(find "$data/county/extracts" -type f -exec cat {} + | wc -l)
last_month=$(tail -n +2 "$data/county/deliveries.csv" | cut -d, -f3 | sort | tail -n 1)
timed "$cinque" load --deliveries "$data/county/deliveries.csv"; load_s=$seconds
timed "$cinque" link; link_s=$seconds
timed "$cinque" release build "$last_month" --purpose phm --verbose; release_s=$seconds
index_rows=$(sed -n 's/^release .* people, \([0-9]*\) rows$/\1/p' "$data/output")
read -r index_bytes index_ms < <(sed -n 's/.*release_blocks .*bytes=\([0-9]*\) milliseconds=\([0-9]*\).*/\1 \2/p' "$data/output")
id=$(as_person 61001 "$cinque" query submit "$data/examples/queries/diabetes-admissions.cohort" | grep -oE 'query [0-9]+' | head -n 1 | cut -d' ' -f2)
as_person 61002 "$cinque" query approve "$id" >&2
timed as_person 61001 "$cinque" query run "$id"; query_s=$seconds

awk -v json=$json -v rows="$rows" -v people="$people" -v load="$load_s" -v link="$link_s" -v release="$release_s" \
    -v query="$query_s" -v peak="$peak_kib" -v index_rows="$index_rows" -v index_bytes="$index_bytes" -v index_ms="$index_ms" 'BEGIN {
    form = json ? "{\"people\": %d, \"rows\": %d, \"load_s\": %.1f, \"link_s\": %.1f, \"release_s\": %.1f, \"query_s\": %.2f, \"total_s\": %.1f, \"peak_rss_mib\": %.1f, \"index_rows\": %d, \"index_bytes_per_row\": %.2f, \"index_build_s\": %.1f}\n" \
        : "people        %d\nrows          %d\nload_s        %.1f\nlink_s        %.1f\nrelease_s     %.1f\nquery_s       %.2f\ntotal_s       %.1f\npeak_rss_mib  %.1f\nindex_rows    %d\nindex_bytes_per_row %.2f\nindex_build_s %.1f\n"
    printf form, people, rows, load, link, release, query, load + link + release + query, peak / 1024,
    index_rows, index_bytes / index_rows, index_ms / 1000 }'
