#!/usr/bin/env bash
# A fault at each step of a load: every statement, every piece of copy data, every file synced. faults.c numbers the
# steps and strikes at one; then the load is run again, once, twice or two at once. Each time: the database was as
# before or as complete, ends as that of an undisturbed load, and holds no leftover; and a load that failed said why.
# FAULTS (default 150; 1000 in the long run): the first 150 are a fixed list, the rest random by SEED.
source "$(dirname "${BASH_SOURCE[0]}")/faults_lib.sh"
faults=${FAULTS:-150}
printf 'fault test: %d faults, SEED=%d\n' "$faults" "$seed"
steps=$work/steps
LD_PRELOAD=$shim CINQUE_FAULT_STEPS=$steps load >/dev/null 2>&1
complete=$(state)
# Writing is most of the steps: the first, one in the middle and the last stand for all.
mapfile -t writes < <(grep -n '^fwrite$' "$steps" | cut -d: -f1)
mapfile -t chosen < <({ grep -nv '^fwrite$' "$steps" | cut -d: -f1; printf '%d\n' "${writes[0]}" "${writes[$((${#writes[@]} / 2))]}" "${writes[-1]}"; } | sort -n)
mapfile -t of_reading < <(for step in "${chosen[@]}"; do ((step >= $(grep -n PQputCopyData "$steps" | head -n 1 | cut -d: -f1))) && echo "$step"; done)
mapfile -t of_files < <(steps_of_files)
printf '%d steps, of which %d may be struck; complete: %s\n' "$(wc -l <"$steps")" "${#chosen[@]}" "$complete"
expect "a load has steps of every kind" test "$(sort -u "$steps" | wc -l)" -ge 6
expect "the undisturbed load has a sealed quarantine" sealed "$complete"
complete=${complete%% seal of*}

rerun() { # how, then where its errors go
    case $1 in
    once) load ;;
    twice) load && load ;;
    at_once)
        load &
        local other=$!
        load || true
        wait "$other" || true
        load # one of the two may have been refused; what is held tells
        ;;
    esac >/dev/null 2>"$2"
}
# The fault list: each action at steps spread over the load, before and after in turn; reruns in turn.
choose() { # number of the fault: sets step, phase, action, again
    local n=$1 turns=$((150 / ${#actions[@]} + 1)) turn
    local -a phases=(before after) agains=(once twice at_once)
    if ((n >= 150)); then
        action=${actions[$((RANDOM % ${#actions[@]}))]} step=${chosen[$((RANDOM % ${#chosen[@]}))]}
        phase=${phases[$((RANDOM % 2))]} again=${agains[$((RANDOM % 3))]}
    else
        turn=$((n / ${#actions[@]}))
        action=${actions[$((n % ${#actions[@]}))]} step=${chosen[$((turn * (${#chosen[@]} - 1) / (turns - 1)))]}
        phase=${phases[$((turn % 2))]} again=${agains[$((n / 2 % 3))]}
    fi
    # a file changed in front of its first hash is another file
    [[ $action != changed ]] || step=${of_reading[$((n % ${#of_reading[@]}))]}
    # only a step of a file can find the disk full
    [[ $action != full ]] || { phase=before step=${of_files[$((n % ${#of_files[@]}))]}; }
}
one_fault() { # number: says what is wrong, or nothing
    local held outcome=0 wrong=''
    choose "$1"
    cp -p "$work/kept.csv" "$file"
    LD_PRELOAD=$shim CINQUE_FAULT="$step $phase ${fault[$action]}" CINQUE_FAULT_COMMAND=$(command_of "$action") \
        load >/dev/null 2>"$work/errors" || outcome=$?
    wait_for_server
    # the log takes no entry of before its last one
    [[ $action != clock_on ]] || sleep 2
    cp -p "$work/kept.csv" "$file"
    held=$(canonical)
    [[ $held == "$before" || $held == "${complete%% staging=*}" ]] || wrong+=" neither as before nor complete;"
    # a signal leaves no words; anything else must
    ((outcome == 0 || outcome == 137 || outcome == 143)) || grep -q '^cinque: ' "$work/errors" || wrong+=" no message;"
    ((outcome != 0)) || [[ $held != "$before" ]] || wrong+=" said to be loaded, and is not held;"
    rerun "$again" "$work/again" || wrong+=" rerun $again failed: $(tail -n 1 "$work/again");"
    held=$(state)
    [[ ${held%% seal of*} == "$complete" ]] || wrong+=" ends as $held;"
    sealed "$held" || wrong+=" a sealed quarantine is lost;"
    [[ -z $wrong ]] || printf 'fault %d, %s %s step %d (%s), outcome %d:%s\n' "$1" "$action" "$phase" "$step" "$(sed -n "${step}p" "$steps")" "$outcome" "$wrong"
    [[ -z $wrong ]]
}

expect_survived "after every fault and rerun the content is that of an undisturbed load"
summary
