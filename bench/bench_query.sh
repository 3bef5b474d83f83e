#!/usr/bin/env bash
# scripts/bench query [--json] [--people N] [--rounds N]: how fast questions are answered, disclosure
# control included, but not the door's permits. The first argument is the release build's folder. The engine, over a made-up release in memory
# (program bench_engine), in turns with PostgreSQL by its fastest rewrite over a covering index, on a cluster of its own
# in memory, and, where npm can fetch it, with DuckDB over events sorted by code and day: each with one thread, their
# answers compared cell by cell. Medians; times are of the processor, since others may be using the machine, with the
# engine's clock times beside them. Two million people take 7 GB of memory. Then the same people and events are loaded,
# linked and released by the product (query/release.sh): the bytes and seconds of its index, and the first query.
set -euo pipefail
build=$1
shift
people=2000000 rounds=7 json=''
while (($#)); do
    case $1 in
    --json) json=1; shift ;;
    --people) people=$2; shift 2 ;;
    --rounds) rounds=$2; shift 2 ;;
    *) echo "usage: scripts/bench query [--json] [--people N] [--rounds N]" >&2; exit 2 ;;
    esac
done
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
postgres=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
[[ -d /dev/shm && -w /dev/shm ]] && memory=/dev/shm || memory=/var/tmp
work=$(mktemp -d "$memory/cinque-bench-query-XXXXXX")
chmod 0755 "$work"
as_postgres=()
((EUID == 0)) && as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)
finish() {
    [[ -z ${server:-} ]] || "${as_postgres[@]}" "$postgres/pg_ctl" -D "$work/cluster/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT

# ---- the engine: makes the data ----
coproc ENGINE { exec "$build/bench/bench_engine" --people "$people" --dump "$work"; }
read -r ready events build_s touched bandwidth <&"${ENGINE[0]}"
[[ $ready == ready ]]
ask_engine() { # question: "wall processor"
    echo "$1 $work/$1.engine" >&"${ENGINE[1]}"
    read -r wall processor counted <&"${ENGINE[0]}"
}

# ---- PostgreSQL ----
mkdir "$work/cluster"
((EUID == 0)) && chown postgres "$work/cluster"
"${as_postgres[@]}" "$postgres/initdb" -D "$work/cluster/data" -A trust -U bench --no-sync >"$work/initdb.log"
server=1
"${as_postgres[@]}" "$postgres/pg_ctl" -D "$work/cluster/data" -l "$work/cluster/log" -w start >/dev/null -o "-k $work/cluster -h '' -c fsync=off \
 -c shared_buffers=3GB -c work_mem=1GB -c maintenance_work_mem=1GB -c jit=off -c max_parallel_workers_per_gather=0 -c wal_level=minimal \
 -c max_wal_senders=0 -c max_wal_size=8GB -c random_page_cost=1.1 -c autovacuum=off"
psql() { command psql -h "$work/cluster" -U bench -d postgres -qAtX -v ON_ERROR_STOP=1 "$@"; }
psql -c "CREATE UNLOGGED TABLE person (person int, birth int, district int2, sex int2)" \
    -c "CREATE UNLOGGED TABLE event (person int, code int2, day int2)" \
    -c "\\copy person FROM '$work/person.csv' (FORMAT csv)" -c "\\copy event FROM '$work/event.csv' (FORMAT csv)" \
    -c "CREATE INDEX ON event (code, day, person)" -c "VACUUM (FREEZE, ANALYZE) event" -c "VACUUM (FREEZE, ANALYZE) person"
{ coproc POSTGRES { psql -F, 2>"$work/psql.log"; }; } 2>/dev/null # bash warns of a second coprocess
echo "SELECT pg_backend_pid();" >&"${POSTGRES[1]}"
read -r backend <&"${POSTGRES[0]}"
ask_postgres() {
    local before after started=$EPOCHREALTIME
    read -r before _ <"/proc/$backend/schedstat"
    printf '%s\n' "\\o $work/$1.postgres" "\\i $here/query/$1.sql" ";" "\\o" "\\echo done" >&"${POSTGRES[1]}"
    read -r _ <&"${POSTGRES[0]}"
    read -r after _ <"/proc/$backend/schedstat"
    wall=$(awk -v a="$started" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
    processor=$(awk -v a="$before" -v b="$after" 'BEGIN { print (b - a) * 1e-9 }')
}

# ---- DuckDB ----
duckdb=''
if command -v npm >/dev/null && mkdir "$work/duckdb" && (cd "$work/duckdb" && npm init -y && npm install @duckdb/node-api) >"$work/npm.log" 2>&1; then
    { coproc DUCKDB { exec node "$here/query/peer_duckdb.mjs" "$work/duckdb" "$work" "$here/query" 2>"$work/duckdb.log"; }; } 2>/dev/null
    read -r duckdb <&"${DUCKDB[0]}" || true
fi
ask_duckdb() {
    echo "$1 $work/$1.duckdb" >&"${DUCKDB[1]}"
    read -r wall processor <&"${DUCKDB[0]}"
}
rm -f "$work/event.csv"

# ---- in turns ----
same() { # question peer: the cells in which somebody counts
    cmp -s <(grep -v '^[0-9]*,[0-9]*,[0-9]*\(,0\)*$' "$work/$1.engine") "$work/$1.$2" || { echo "bench query: $2 answers $1 differently" >&2; exit 1; }
}
for ((round = 0; round <= rounds; round++)); do # round 0 warms up
    for question in q1 q5; do
        for peer in engine postgres ${duckdb:+duckdb}; do
            ask_$peer $question
            [[ $peer == engine ]] || same $question $peer
            ((round == 0)) || echo "$wall $processor" >>"$work/$question.$peer.times"
        done
    done
    ask_engine registered
    ((round == 0)) || echo "$wall $processor" >>"$work/registered.engine.times"
    cmp -s "$work/registered.engine" "$work/q1.engine" || { echo "bench query: registrations of everybody change q1" >&2; exit 1; }
done
median() { # question.peer, column
    sort -g -k "$2,$2" "$work/$1.times" | awk -v c="$2" '{ v[NR] = $c } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
ms() { awk -v s="$1" 'BEGIN { printf "%.2f", 1e3 * s }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a / b }'; }
names=(people events rounds q1_ms q5_ms q1_registered_ms q1_clock_ms q5_clock_ms q1_postgresql_ms q5_postgresql_ms q1_ratio_to_postgresql
    q5_ratio_to_postgresql lists_build_s q1_touched_mb read_gb_per_s q1_ratio_to_reading)
q1=$(median q1.engine 2) q5=$(median q5.engine 2) q1_postgres=$(median q1.postgres 2) q5_postgres=$(median q5.postgres 2)
values=("$people" "$events" "$rounds" "$(ms "$q1")" "$(ms "$q5")" "$(ms "$(median registered.engine 2)")" "$(ms "$(median q1.engine 1)")"
    "$(ms "$(median q5.engine 1)")" "$(ms "$q1_postgres")" "$(ms "$q5_postgres")" "$(ratio "$q1_postgres" "$q1")" "$(ratio "$q5_postgres" "$q5")"
    "$build_s" "$touched" "$bandwidth" "$(awk -v q="$q1" -v t="$touched" -v b="$bandwidth" 'BEGIN { printf "%.1f", q / (t * 1e6 / (b * 1e9)) }')")
names+=(q1_duckdb_ms q5_duckdb_ms q1_ratio_to_duckdb q5_ratio_to_duckdb)
if [[ -z $duckdb ]]; then
    values+=(null null null null)
else
    q1_duckdb=$(median q1.duckdb 2) q5_duckdb=$(median q5.duckdb 2)
    values+=("$(ms "$q1_duckdb")" "$(ms "$q5_duckdb")" "$(ratio "$q1_duckdb" "$q1")" "$(ratio "$q5_duckdb" "$q5")")
fi
"${as_postgres[@]}" "$postgres/pg_ctl" -D "$work/cluster/data" -m immediate stop >/dev/null
server=''
rm -rf "$work/cluster"
exec {ENGINE[1]}>&-
while read -r name value; do
    names+=("$name") values+=("$value")
done < <(bash "$here/query/release.sh" "$build" "$people" "$work/q1.engine" || echo failed)
[[ ${names[-1]} != failed ]] || exit 1
for i in "${!names[@]}"; do
    if [[ -n $json ]]; then
        ((i == 0)) && printf '{' || printf ', '
        printf '"%s": %s' "${names[i]}" "${values[i]}"
    else
        printf '%-24s %s\n' "${names[i]}" "${values[i]}"
    fi
done
[[ -z $json ]] || printf '}\n'
