#!/usr/bin/env bash
# A fault at each step of `cinque pull FEED --load` of a drop folder: struck while it archives, enters, acknowledges and
# loads. After the rerun ledger, archive, drop folder and content are those of an undisturbed pull; and at no moment is
# anything acknowledged that the ledger and a whole archive do not hold.
# Switch: acknowledge in front of archive_item in ingest/pull.c. PULL_FAULTS (default 60) are a fixed list, more random by SEED.
source "$(dirname "${BASH_SOURCE[0]}")/faults_lib.sh"
faults=${PULL_FAULTS:-60}
printf 'fault test of pulls: %d faults, SEED=%d\n' "$faults" "$seed"
drop=$work/drop
feed_name=events
delivered=$drop/${feed_name}_${period/-/}.csv
mkdir -p "$drop" "$CINQUE_DATA/feeds"
cat >"$CINQUE_DATA/feeds/$feed_name.yaml" <<END
feed: $feed_name
source: $source
sender: $sender
file: "${feed_name}_{CCYY}{MM}.csv"
transport: { kind: folder, folder: $drop, complete: done, after: delete }
END
pull() { cinque pull "$feed_name" --load; }
put_down() { # as the sender does
    cp -p "$work/kept.csv" "$delivered"
    touch "$delivered.done"
}
set_back_pull() {
    set_back faults
    rm -rf "$CINQUE_DATA"/quarantine/* "$CINQUE_DATA/archive" "$drop"/*
    put_down
}
pulled_state() {
    local held
    held=$(state)
    printf '%s ledger=%s archive=%s drop=%s' "${held%% seal of*}" "$(ledger)" "$(archives)" \
        "$(lies "$drop" | sed 's/[^ ]*\.done$//')" # stopped between file and marker, the marker stays, and is no delivery
}
safe() { # what was acknowledged is held
    [[ -e $delivered ]] || { [[ $(ledger) != none ]] && archive_is_whole; }
}

set_back_pull
steps=$work/pull-steps
LD_PRELOAD=$shim CINQUE_FAULT_STEPS=$steps pull >/dev/null 2>&1
complete=$(pulled_state)
printf 'pull: %d steps; complete: %s\n' "$(wc -l <"$steps")" "$complete"
expect "an undisturbed pull is archived, acknowledged and loaded" \
    bash -c "[[ '$complete' == *'ledger=published '*'archive=N.sealed drop=' ]]"
at() { grep -n "^$1\$" "$steps" | "$2" -n 1 | cut -d: -f1; }
acknowledged=$(at unlinkat head) renamed=$(at rename head)
expect "it is acknowledged behind fsync, rename, fsync and the ledger's commit" bash -c \
    "head -n $acknowledged '$steps' | paste -s -d ' ' | grep -qE 'fsync rename .*fsync (PQ[A-Za-z]+ )+unlinkat\$'"
mapfile -t writes < <(grep -n '^fwrite$' "$steps" | cut -d: -f1)
# All steps up to the acknowledgement but the many writes, and some of the load behind it.
mapfile -t chosen < <({
    grep -nv '^fwrite$' "$steps" | cut -d: -f1 | awk -v last="$acknowledged" '$1 <= last + 4 || $1 % 7 == 0'
    printf '%d\n' "${writes[0]}" "${writes[$((${#writes[@]} / 2))]}"
} | sort -nu)
mapfile -t of_reading < <(for step in "${chosen[@]}"; do ((step >= writes[0])) && echo "$step"; done)
mapfile -t of_files < <(steps_of_files)
choose_pull() { # number of the fault: sets step, phase, action
    local n=$1 turns=$((faults / ${#actions[@]} + 1))
    local -a phases=(before after)
    action=${actions[$((n % ${#actions[@]}))]} phase=${phases[$((n / ${#actions[@]} % 2))]}
    # each action goes through the steps, and each begins at another
    step=${chosen[$(((n / ${#actions[@]} * (${#chosen[@]} / turns + 1) + n % ${#actions[@]} * 3) % ${#chosen[@]}))]}
    if ((n >= 60)); then step=${chosen[$((RANDOM % ${#chosen[@]}))]}; fi
    [[ $action != changed ]] || step=${of_reading[$((n % ${#of_reading[@]}))]}
    [[ $action != full ]] || { phase=before step=${of_files[$((n % ${#of_files[@]}))]}; }
}
file=$delivered # what `changed` changes
one_pull_fault() { # number: says what is wrong, or nothing
    local held outcome=0 wrong=''
    choose_pull "$1"
    LD_PRELOAD=$shim CINQUE_FAULT="$step $phase ${fault[$action]}" CINQUE_FAULT_COMMAND=$(command_of "$action") \
        pull >/dev/null 2>"$work/errors" || outcome=$?
    wait_for_server
    [[ $action != clock_on ]] || sleep 2
    safe || wrong+=" acknowledged, and not held;"
    # the sender puts right what it changed
    [[ $action != changed ]] || put_down
    ((outcome == 0 || outcome == 137 || outcome == 143)) || grep -q '^cinque: ' "$work/errors" || wrong+=" no message;"
    pull >/dev/null 2>"$work/again" || wrong+=" rerun failed: $(tail -n 1 "$work/again");"
    held=$(pulled_state)
    [[ $held == "$complete" ]] || wrong+=" ends as ${held#*staging=};"
    archive_is_whole || wrong+=" its archive is not whole;"
    [[ -z $wrong ]] || printf 'pull fault %d, %s %s step %d (%s), outcome %d:%s\n' "$1" "$action" "$phase" "$step" "$(sed -n "${step}p" "$steps")" "$outcome" "$wrong"
    [[ -z $wrong ]]
}
survived=0
for ((n = 0; n < faults; n++)); do
    set_back_pull
    if one_pull_fault "$n"; then survived=$((survived + 1)); fi
done
expect_equal "after every fault and rerun of a pull all is as after an undisturbed one" "$survived" "$faults"
summary
