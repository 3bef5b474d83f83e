#!/usr/bin/env bash
# A delivery so large that two sessions write its rows, and a fault at a step of its load: before or complete, and the
# rerun complete, as test_faults.sh has it of a small one.
# FAULTS (default 16): actions in turn, at steps spread over the load; random ones by SEED from there on.
source "$(dirname "${BASH_SOURCE[0]}")/faults_lib.sh"
faults=${FAULTS:-16}
printf 'fault test of two writers: %d faults, SEED=%d\n' "$faults" "$seed"
large=$((16 << 20))
# The same rows again and again: what is held tells how often.
cp "$work/kept.csv" "$file"
while (($(stat -c %s "$file") < large)); do
    for ((i = 0; i < 20; i++)); do tail -n +2 "$clean"; done >>"$file"
done

LD_PRELOAD=$shim CINQUE_FAULT_STEPS=$work/steps load >/dev/null 2>&1
complete=$(state)
complete=${complete%% seal of*}
halves() { sql "SELECT count(*) FROM pg_inherits AS i JOIN pg_inherits AS o ON o.inhrelid = i.inhparent WHERE o.inhparent = 'records.$source'::regclass"; }
expect_equal "its rows are in two tables" "$(halves)" 2
expect_equal "which hold them all" "$(sql "SELECT count(*) FROM records.$source")" "$(sql "SELECT rows_loaded FROM ingest.load")"
# Statements are few beside pieces of copy data, and beginnings and ends are where things go wrong.
mapfile -t chosen < <(grep -nvE '^(fwrite|PQputCopyData)$' "$work/steps" | cut -d: -f1)
mapfile -t copying < <(grep -n '^PQputCopyData$' "$work/steps" | cut -d: -f1)
chosen+=("${copying[$((${#copying[@]} / 3))]}" "${copying[$((${#copying[@]} * 9 / 10))]}")
mapfile -t chosen < <(printf '%s\n' "${chosen[@]}" | sort -n)
last=$((${#chosen[@]} - 1))

actions=(kill cut backend_terminated kill crash backend_killed cut term)
struck=0
one_fault() { # number: says what is wrong, or nothing
    local n=$1 action step phase=before outcome=0 now wrong=''
    action=${actions[$((n % ${#actions[@]}))]} step=${chosen[$((last - (n * last / 15)))]}
    if ((n >= 16)); then
        action=${actions[$((RANDOM % ${#actions[@]}))]} step=${chosen[$((RANDOM % ${#chosen[@]}))]}
    fi
    ((n % 2)) && phase=after
    LD_PRELOAD=$shim CINQUE_FAULT="$step $phase ${fault[$action]}" CINQUE_FAULT_COMMAND=$(command_of "$action") \
        load >/dev/null 2>"$work/errors" || outcome=$?
    ((outcome == 0)) || struck=$((struck + 1))
    wait_for_server
    now=$(canonical)
    [[ $now == "$before" || $now == "${complete%% staging=*}" ]] || wrong+=" neither before nor complete;"
    ((outcome != 0)) || [[ $now != "$before" ]] || wrong+=" said to be loaded, and is not held;"
    load >/dev/null 2>"$work/errors" || wrong+=" rerun failed: $(tail -n 1 "$work/errors");"
    now=$(state)
    [[ ${now%% seal of*} == "$complete" ]] || wrong+=" ends as $now;"
    [[ -z $wrong ]] || printf 'fault %d, %s %s step %d (%s), outcome %d:%s\n' "$n" "$action" "$phase" "$step" \
        "$(sed -n "${step}p" "$work/steps")" "$outcome" "$wrong"
    [[ -z $wrong ]]
}

set_back faults
expect_survived "every fault is survived"
expect "most of them ended the load" test $((struck * 2)) -gt "$faults"
summary
