#!/usr/bin/env bash
# bench_query.sh's second half: release.sh BUILD PEOPLE ANSWER. The events of bench_engine as extracts of (NHS number, day,
# code), loaded, linked and released by the product on a cluster of its own. Prints, each with its value: the bytes
# of all blocks of the release an event, the seconds by the clock that writing them took, within those of the
# release, and the milliseconds of q1 as the first query of a server and a service just started: permit, blocks
# fetched and verified, answered, printed. Fails where it answers otherwise than bench_engine did
# in the file ANSWER, rounding apart.
set -euo pipefail
build=$1 people=$2 answer=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
data=$(mktemp -d /var/tmp/cinque-bench-release-XXXXXX)
export CINQUE_DATA=$data/data
cinque=$data/programs/bin/cinque
trap '{ "$cinque" broker stop; "$cinque" stop; } >/dev/null 2>&1 || true; rm -rf "$data"' EXIT
chmod 0755 "$data"
mkdir -m 0755 "$CINQUE_DATA"
cmake --install "$build" --prefix "$data/programs" >/dev/null
cp "$here"/*.yaml "$data"
timed() { # command...: its time to $seconds
    local started=$EPOCHREALTIME
    "$@" >"$data/output" 2>&1 || { cat "$data/output" >&2; exit 1; }
    seconds=$(awk -v a="$started" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }')
    echo "$seconds s: ${*:2:3}" >&2
}
as_person() { setpriv --reuid="$1" --regid="$1" --clear-groups env CINQUE_DATA="$CINQUE_DATA" "${@:2}"; }
{
    "$build/bench/bench_extracts" --people "$people" --out "$data"
    "$cinque" init
    "$cinque" key create
    "$cinque" source apply "$data/people.yaml" "$data/event.yaml"
    "$cinque" governance apply "$data/governance.yaml"
    "$cinque" broker start
} >&2
chmod -R a+rX "$data/programs" "$data/q1.cohort"
events=$(($(wc -l <"$data/event.csv") - 1))
for source in people event; do
    timed "$cinque" load "$data/$source.yaml" "$data/$source.csv" --sender hospital --period 2026-09
    rm "$data/$source.csv"
done
timed "$cinque" link
timed "$cinque" release build 2026-09 --purpose bench --verbose; release_s=$seconds
grep -qx "release .* $people people, $((people + events)) rows" "$data/output" || { cat "$data/output" >&2; exit 1; }
read -r bytes ms < <(sed -n 's/.*release_blocks .*bytes=\([0-9]*\) milliseconds=\([0-9]*\).*/\1 \2/p' "$data/output")
id=$(as_person 61001 "$cinque" query submit "$data/q1.cohort" | grep -oE 'query [0-9]+' | head -n 1 | cut -d' ' -f2)
as_person 61002 "$cinque" query approve "$id" >&2
{ "$cinque" stop; "$cinque" start; "$cinque" broker start; } >&2
timed as_person 61001 "$cinque" query run "$id" --format csv; query_s=$seconds
paste -d, "$answer" <(sed '1d; /^#/d; s/\r$//' "$data/output") | awk -F, '{
    for (i = 4; i <= 6; i++) if ($(i + 6) != "*" && $(i + 6) != 5 * int(($i + 2) / 5)) wrong++; else shown += $(i + 6) != "*" }
    END { exit NR != 494 || wrong > 0 || shown < NR }' || { echo "bench query: the release answers q1 differently" >&2; exit 1; }
awk -v events="$events" -v bytes="$bytes" -v ms="$ms" -v release="$release_s" -v query="$query_s" 'BEGIN {
    printf "index_bytes_per_event %.2f\nindex_build_s %.1f\nindex_release_s %.1f\ncold_first_query_ms %.0f\n",
        bytes / events, ms / 1000, release, 1000 * query }'
