#!/usr/bin/env bash
# scripts/bench memory [--json] [--rows N] [--limit MIB]: one load of a large file by a program that may hold no more than
# so much memory (default 64 MiB, its page cache included), by a control group of version 1 or 2; needs root. Without
# control groups the peak is told, and no limit holds. The first argument is the release build's folder.
set -euo pipefail
build=$1
shift
rows=2000000 limit=64 json=0
while (($#)); do
    case $1 in
    --json) json=1; shift ;;
    --rows) rows=$2; shift 2 ;;
    --limit) limit=$2; shift 2 ;;
    *) echo "usage: scripts/bench memory [--json] [--rows N] [--limit MIB]" >&2; exit 2 ;;
    esac
done
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
data=$(mktemp -d /var/tmp/cinque-bench-memory-XXXXXX)
export CINQUE_DATA=$data
cinque=$data/programs/bin/cinque
group=''
finish() {
    "$cinque" stop >/dev/null 2>&1 || true
    [[ -z $group ]] || rmdir "$group" 2>/dev/null || true
    rm -rf "$data"
}
trap finish EXIT
chmod 0755 "$data"
cmake --install "$build" --prefix "$data/programs" >/dev/null

{
    "$cinque" init
    "$cinque" key create
    "$cinque" source apply
    "$cinque" governance apply "$top/examples/governance.yaml"
    "$cinque" synth --people 20000 --months 1 --seed 2026 --out "$data/county"
    "$cinque" reference add "$data/county/reference/postcode_directory.csv" --edition 2026-05
} >&2
IFS=, read -r source sender period _ path _ < <(grep '^gp_event,' "$data/county/deliveries.csv" | head -n 1)
# The same rows over and over: record keys repeat, which a load does not mind.
awk -v rows="$rows" 'NR == 1 { print; next } { line[++n] = $0 } END { for (i = 0; i < rows; i++) print line[i % n + 1] }' \
    "$data/county/$path" >"$data/large.csv"

make_group() {
    local bytes=$((limit << 20))
    if [[ -w /sys/fs/cgroup/memory ]]; then
        group=/sys/fs/cgroup/memory/cinque-bench-$$
        mkdir "$group" && echo "$bytes" >"$group/memory.limit_in_bytes"
    elif grep -qs memory /sys/fs/cgroup/cgroup.subtree_control; then
        group=/sys/fs/cgroup/cinque-bench-$$
        mkdir "$group" && echo "$bytes" >"$group/memory.max" && echo 0 >"$group/memory.swap.max"
    fi
}
make_group 2>/dev/null || group=''
limited() { # command: in the group, if there is one
    [[ -z $group ]] || echo $BASHPID >"$group/cgroup.procs"
    exec "$@"
}
started=$EPOCHREALTIME peak_kib=0
(limited "$cinque" load "$source" "$data/large.csv" --sender "$sender" --period "$period") >"$data/output" 2>&1 &
client=$!
while held=$(awk '/^VmHWM/ { print $2 }' "/proc/$client/status" 2>/dev/null) && [[ -n $held ]]; do
    ((held <= peak_kib)) || peak_kib=$held
    sleep 0.1
done
wait "$client" || { cat "$data/output" >&2; echo "the load failed within $limit MiB" >&2; exit 1; }
seconds=$(awk -v a="$started" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
bytes=$(stat -c %s "$data/large.csv")
awk -v json=$json -v rows="$rows" -v bytes="$bytes" -v limit="$([[ -n $group ]] && echo "$limit" || echo 0)" -v peak="$peak_kib" -v s="$seconds" 'BEGIN {
    form = json ? "{\"rows\": %d, \"file_mib\": %d, \"limit_mib\": %d, \"peak_rss_mib\": %.1f, \"load_s\": %.1f}\n" \
                : "%d rows, %d MiB, under a limit of %d MiB: peak %.1f MiB resident, %.1f s\n"
    printf form, rows, bytes / 1048576, limit, peak / 1024, s }'
