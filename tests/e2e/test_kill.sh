#!/usr/bin/env bash
# SIGKILL at random points of load, link and release: after a rerun the content is that of an undisturbed run. Every
# fifth time the server crashes instead (SIGKILL), every seventh it ends the program's sessions.
# KILLS (default 50; 1000 in the long run) and SEED may be set; the seed is printed.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
kills=${KILLS:-50}
seed=${SEED:-$RANDOM}
RANDOM=$seed
printf 'kill test: %d kills, SEED=%d\n' "$kills" "$seed"

county 400 2
# Thirteen districts' council tax would be most of the time: two tell as much.
awk -F, '$1 != "council_tax_account" || $2 == "ashford" || $2 == "medway"' "$work/county/deliveries.csv" >"$work/deliveries"
mv "$work/deliveries" "$work/county/deliveries.csv"
data_folder data
month=$(last_month)
stages=(load link release)
stage_load() { cinque load --deliveries "$work/county/deliveries.csv"; }
stage_link() { cinque link; }
stage_release() { cinque release build "$month" --purpose phm; }
strike() { # program, empty when it has ended: false
    [[ -n $1 ]] || return 1
    if ((kill % 5 == 0)); then
        kill -9 "$(head -n 1 "$CINQUE_DATA/pg/data/postmaster.pid")"
    elif ((kill % 7 == 0)); then
        server "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'cinque\_%'" >/dev/null
    else
        kill -9 $1 2>/dev/null
    fi
}
milliseconds() { date +%s%3N; }

declare -A duration
for stage in "${stages[@]}"; do
    keep "$stage"
    began=$(milliseconds)
    "stage_$stage" >/dev/null 2>&1
    duration[$stage]=$(($(milliseconds) - began))
done
undisturbed=$(canonical)
printf 'undisturbed: %s; load %d ms, link %d ms, release %d ms\n' "$undisturbed" "${duration[load]}" "${duration[link]}" "${duration[release]}"
expect "an undisturbed run holds something" test "${undisturbed##* }" -gt 1000

survived=0 struck=0
for ((kill = 1; kill <= kills; kill++)); do
    victim=${stages[$((kill % 3))]}
    delay=0
    set_back "$victim"
    reached=''
    for stage in "${stages[@]}"; do
        [[ $stage == "$victim" ]] && reached=yes
        [[ -n $reached ]] || continue
        if [[ $stage == "$victim" ]]; then
            delay=$((RANDOM % (duration[$stage] + 1)))
            "stage_$stage" >/dev/null 2>&1 &
            job=$!
            sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
            # the function runs in a subshell whose only child is the program
            program=$(pgrep -P "$job" -x cinque || true)
            if strike "$program"; then struck=$((struck + 1)); fi
            wait "$job" 2>/dev/null || true
            cinque start >/dev/null
        fi
        "stage_$stage" >/dev/null 2>"$work/errors" || { printf 'kill %d in %s after %d ms: the rerun of %s failed: ' "$kill" "$victim" "$delay" "$stage"; cat "$work/errors"; }
    done
    now=$(canonical)
    if [[ $now == "$undisturbed" ]]; then
        survived=$((survived + 1))
    else
        printf 'kill %d in %s after %d ms: content differs: %s\n' "$kill" "$victim" "$delay" "$now"
    fi
done
printf '%d kills, %d struck a living process, %d survived\n' "$kills" "$struck" "$survived"
expect_equal "after every kill and rerun the content is that of an undisturbed run" "$survived" "$kills"
expect "most kills struck while the program ran" test $((struck * 2)) -ge "$kills"
summary
