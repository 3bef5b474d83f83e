#!/usr/bin/env bash
# `cinque pull FEED --load` by SFTP is killed at requests to the host, those that delete all of them, and at steps of
# its own. Each time: nothing that was acknowledged is lost, the database is as before or complete, no clear text lies
# on the disk; and the rerun ends as an undisturbed pull, with nothing left at the host.
# Switches: acknowledge in front of archive_item in ingest/pull.c; is_bare in ingest/fetch_remote.c.
# SFTP_KILLS (default 0) more by SEED.
source "$(dirname "${BASH_SOURCE[0]}")/faults_lib.sh"
scan=$(find "$build" -type f -name scan -perm -u+x | head -n 1)
export TMPDIR=$work/tmp # of all that runs here: scanned as the data folder is
mkdir -m 1777 "$TMPDIR"
more=${SFTP_KILLS:-0}
feed_name=events
delivered=${feed_name}_${period/-/}.csv
mkdir "$work/host" "$CINQUE_DATA/feeds"
coproc HOST { "$build/tests/e2e/sftp_host" "$work/host"; }
tell() { # a line to the host; its answer
    printf '%s\n' "$*" >&"${HOST[1]}"
    read -r answer <&"${HOST[0]}"
}
read -r url known_hosts client_key <&"${HOST[0]}"
feed() { # how a file is known to be complete
    cat >"$CINQUE_DATA/feeds/$feed_name.yaml" <<END
feed: $feed_name
source: $source
sender: $sender
file: "${feed_name}_{CCYY}{MM}.csv"
transport: { kind: sftp, url: "$url", user: kent, key_file: $client_key, known_hosts: $known_hosts, $1, after: delete }
END
}
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if (tolower($i) ~ /nhs_number/) column = i; next }
    { gsub(/"/, "", $column); if (length($column) == 10 && !seen[$column]++ && ++count <= 200) print $column }' "$work/kept.csv" >"$work/patterns"
clear() { ! "$scan" "$work/patterns" "$@" >/dev/null; } # identifiers lie there in clear

put_down() {
    tell put "$delivered" "$work/kept.csv"
    tell put "$delivered.done" -
}
set_back_pull() {
    set_back faults
    rm -rf "$CINQUE_DATA"/quarantine/* "$CINQUE_DATA/archive"
    put_down
}
pull_killed() { # request of the host (0: none), environment: sets outcome, requests
    tell run "$1" "exec env $2 '$programs/cinque' pull $feed_name --load >'$work/said' 2>'$work/errors'"
    read -r outcome requests <<<"$answer"
}
at_host() {
    tell has "$delivered"
    printf 'file %s' "$answer"
    tell has "$delivered.done"
    printf ', marker %s' "$answer"
}
pulled_state() {
    local held
    held=$(state)
    printf '%s ledger=%s archive=%s' "${held%% seal of*}" "$(ledger)" "$(archives)"
}
safe() { # what was acknowledged is held
    tell has "$delivered"
    [[ $answer == yes ]] || { [[ $(ledger) != none ]] && archive_is_whole; }
}

feed 'complete: done'
set_back_pull
steps=$work/pull-steps
pull_killed 0 "LD_PRELOAD=$shim CINQUE_FAULT_STEPS=$steps"
all_requests=$requests
complete=$(pulled_state)
printf 'pull by SFTP: %d requests, %d steps, SEED=%d; complete: %s\n' "$all_requests" "$(wc -l <"$steps")" "$seed" "$complete"
expect "an undisturbed pull is archived and loaded" bash -c "[[ '$complete' == *'ledger=published '*'archive=N.sealed' ]]"
tell has "$delivered"
expect_equal "and acknowledged" "$answer" no
expect "the delivery holds identifiers" test "$(wc -l <"$work/patterns")" -ge 100
expect "the scanner finds them" clear "$work/kept.csv"

one_kill() { # request of the host (0: none), environment: says what is wrong, or nothing
    local held wrong=''
    pull_killed "$1" "$2"
    ((outcome == 137)) || wrong+=" not struck;"
    safe || wrong+=" acknowledged, and not held;"
    held=$(canonical)
    [[ $held == "$before" || $held == "${complete%% staging=*}" ]] || wrong+=" neither as before nor complete;"
    ! clear "$CINQUE_DATA"/{archive,quarantine} "$TMPDIR" || wrong+=" clear text on the disk;"
    pull_killed 0 ''
    ((outcome == 0)) || wrong+=" rerun failed: $(tail -n 1 "$work/errors");"
    held=$(pulled_state)
    [[ $held == "$complete" ]] || wrong+=" ends as ${held#*staging=};"
    archive_is_whole || wrong+=" its archive is not whole;"
    held=$(at_host)
    [[ $held == 'file no, marker no' ]] || wrong+=" left at the host: $held;"
    [[ -z $wrong ]] || printf 'killed at request %d, %s:%s\n' "$1" "$2" "$wrong"
    [[ -z $wrong ]]
}
spread() { # of how many, how many at the beginning, at the end, and about how many between
    awk -v all="$1" -v first="$2" -v last="$3" -v every="$(($1 / ($4 + 1)))" 'BEGIN { for (i = 1; i <= all; i++) if (i <= first || i > all - last || i % every == 0) print i }'
}
strike_at_step() { # number of the step, before or after
    one_kill 0 "LD_PRELOAD=$shim CINQUE_FAULT='$1 $2 kill'"
}
mapfile -t lasting < <(grep -nv '^fwrite$' "$steps" | cut -d: -f1)
survived=0 struck=0
strike() {
    set_back_pull
    struck=$((struck + 1))
    if "$@"; then survived=$((survived + 1)); fi
}
# The host is asked to delete by the last seven requests.
for request in $(spread "$all_requests" 3 7 2); do strike one_kill "$request" ''; done
for index in $(spread "${#lasting[@]}" 0 0 6); do strike strike_at_step "${lasting[$((index - 1))]}" "$([[ $((index % 2)) == 0 ]] && echo before || echo after)"; done
strike strike_at_step "$(grep -n '^fwrite$' "$steps" | sed -n '3s/:.*//p')" after
for ((n = 0; n < more; n++)); do
    if ((RANDOM % 2)); then
        strike one_kill $((RANDOM % all_requests + 1)) ''
    else
        strike strike_at_step "${lasting[$((RANDOM % ${#lasting[@]}))]}" "$( ((RANDOM % 2)) && echo before || echo after)"
    fi
done
expect_equal "after every kill and rerun of a pull all is as after an undisturbed one" "$survived" "$struck"
expect "no clear text came to the disk" "$scan" "$work/patterns" "$CINQUE_DATA"/{archive,quarantine,keyring,pg} "$TMPDIR"
eval "exec ${HOST[1]}>&-"
summary
