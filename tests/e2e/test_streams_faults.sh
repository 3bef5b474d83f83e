#!/usr/bin/env bash
# Two loads of one source at once that bring mostly the same new people, and a fault in one of them. The database then
# holds neither, one or both; when both are run again, at once too, it holds what one behind the other leaves.
# FAULTS (default 24): actions in turn, at steps spread over the load; random ones by SEED from there on.
source "$(dirname "${BASH_SOURCE[0]}")/faults_lib.sh"
faults=${FAULTS:-24}
printf 'fault test of two streams: %d faults, SEED=%d\n' "$faults" "$seed"
IFS=, read -r source sender period status path rest < <(grep '^patient_list,' "$work/county/deliveries.csv" | head -n 1)
next=$(date -d "$period-01 +1 month" +%Y-%m)
rows=$(wc -l <"$work/county/$path")
head -n $((rows * 4 / 5)) "$work/county/$path" >"$work/early.csv"
{ head -n 1 "$work/county/$path"; tail -n $((rows * 4 / 5)) "$work/county/$path"; } >"$work/late.csv"
early() { cinque load "$source" "$work/early.csv" --sender "$sender" --period "$period"; }
late() { cinque load "$source" "$work/late.csv" --sender "$sender" --period "$next"; }
both() { # at once: whether both were loaded
    local other first=0 second=0
    early >"$work/errors_early" 2>&1 &
    other=$!
    late >"$work/errors_late" 2>&1 || second=$?
    wait "$other" || first=$?
    ((first == 0 && second == 0))
}

late >/dev/null 2>&1
only_late=$(canonical)
set_back faults
early >/dev/null 2>&1
only_early=$(canonical)
# Its steps are those of a load that finds others' people held already.
LD_PRELOAD=$shim CINQUE_FAULT_STEPS=$work/steps late >/dev/null 2>&1
complete=$(state)
complete=${complete%% seal of*}
mapfile -t chosen < <(grep -nv '^fwrite$' "$work/steps" | cut -d: -f1)
set_back faults
expect "two at once are both loaded" both
expect_equal "they hold what one behind the other does" "$(state | sed 's/ seal of.*//')" "$complete"

actions=(kill cut term kill backend_terminated kill crash backend_killed)
one_fault() { # number: says what is wrong, or nothing
    local n=$1 action step phase=before outcome=0 other=0 now wrong=''
    action=${actions[$((n % ${#actions[@]}))]} step=${chosen[$((n * (${#chosen[@]} - 1) / 23))]}
    if ((n >= 24)); then
        action=${actions[$((RANDOM % ${#actions[@]}))]} step=${chosen[$((RANDOM % ${#chosen[@]}))]}
    fi
    ((n % 2)) && phase=after
    early >"$work/errors_early" 2>&1 &
    local undisturbed=$!
    LD_PRELOAD=$shim CINQUE_FAULT="$step $phase ${fault[$action]}" CINQUE_FAULT_COMMAND=$(command_of "$action") \
        late >"$work/errors_late" 2>&1 || outcome=$?
    wait "$undisturbed" || other=$?
    wait_for_server
    now=$(canonical)
    [[ " $before | $only_early | $only_late | ${complete%% staging=*} " == *" $now "* ]] || wrong+=" neither, one nor both;"
    [[ ! $action =~ ^(kill|cut|term)$ || $other == 0 ]] || wrong+=" the other failed: $(tail -n 1 "$work/errors_early");"
    ((other != 0)) || [[ $now != "$before" && $now != "$only_late" ]] || wrong+=" said to be loaded, and is not held;"
    both || wrong+=" rerun failed: $(tail -qn 1 "$work/errors_early" "$work/errors_late");"
    now=$(state)
    [[ ${now%% seal of*} == "$complete" ]] || wrong+=" ends as $now;"
    [[ -z $wrong ]] || printf 'fault %d, %s %s step %d (%s), outcome %d:%s\n' "$n" "$action" "$phase" "$step" \
        "$(sed -n "${step}p" "$work/steps")" "$outcome" "$wrong"
    [[ -z $wrong ]]
}

expect_survived "every fault is survived"
summary
