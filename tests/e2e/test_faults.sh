#!/usr/bin/env bash
# A fault at each step of a load: every statement, every piece of copy data, every file synced. faults.c numbers the
# steps and strikes at one; then the load is run again, once, twice or two at once. Each time: the database was as
# before or as complete, ends as that of an undisturbed load, and holds no leftover; and a load that failed said why.
# FAULTS (default 150; 1000 in the long run): the first 150 are a fixed list, the rest random by SEED. PULL_FAULTS: 60.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
faults=${FAULTS:-150}
seed=${SEED:-$RANDOM}
RANDOM=$seed
printf 'fault test: %d faults, SEED=%d\n' "$faults" "$seed"
shim=$build/tests/e2e/libfaults.so

county 1000 1
data_folder data
IFS=, read -r source sender period status path rest < <(grep '^gp_event,' "$work/county/deliveries.csv" | head -n 1)
clean=$work/county/$path
file=$work/delivery.csv
# Every hundredth row lacks a field, so that there is a quarantine, sealed.
awk 'NR % 100 == 50 { sub(/,[^,]*$/, "") } { print }' "$clean" >"$work/kept.csv"
cp "$work/kept.csv" "$file"
load() { cinque load "$source" "$file" --sender "$sender" --period "$period"; }
conninfo=$(cinque status --conninfo)
server_process() { head -n 1 "$CINQUE_DATA/pg/data/postmaster.pid"; }
# The content, and behind it what no load may leave: staging tables, open loads; and what a load that stands must have.
state() {
    psql -X -qAt -v ON_ERROR_STOP=1 "$conninfo" -f "$top/tests/e2e/canonical.sql" -f "$work/state.sql" | paste -s -d ' '
}
cat >"$work/state.sql" <<SQL
SELECT 'staging=' || count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace AND relname ~ '_[0-9]+\$';
SELECT 'open=' || count(*) FROM ingest.load WHERE state = 'open';
SELECT 'quarantine=' || md5(coalesce(string_agg(concat_ws('|', line_number, column_name, rule, reason, byte_offset,
                                                           byte_length), ';'
                                                 ORDER BY line_number, column_name, rule), ''))
  FROM ingest.quarantine JOIN ingest.load USING (load_id) WHERE state = 'published';
SELECT 'seal of ' || string_agg(load_id::text, ' ' ORDER BY load_id) FROM ingest.load
 WHERE state = 'published' AND rows_quarantined > 0;
SQL
sealed() { # the state's last line names the loads that have a quarantine: each has its file
    local number
    for number in ${1##*seal of}; do [[ -s $CINQUE_DATA/quarantine/load-$number.sealed ]] || return 1; done
}
wait_for_server() { # a server that lost a backend starts again by itself
    cinque start >/dev/null
    until psql -X -qAt "$conninfo" -c 'SELECT' >/dev/null 2>&1; do sleep 0.05; done
}

# Processes are killed here, not the machine: what is written need not be on the disk.
server "ALTER SYSTEM SET fsync = off"
server "SELECT pg_reload_conf()" >/dev/null
before=$(canonical)
keep faults
steps=$work/steps
LD_PRELOAD=$shim CINQUE_FAULT_STEPS=$steps load >/dev/null 2>&1
complete=$(state)
# Writing is most of the steps: the first, one in the middle and the last stand for all.
mapfile -t writes < <(grep -n '^fwrite$' "$steps" | cut -d: -f1)
mapfile -t chosen < <({ grep -nv '^fwrite$' "$steps" | cut -d: -f1; printf '%d\n' "${writes[0]}" "${writes[$((${#writes[@]} / 2))]}" "${writes[-1]}"; } | sort -n)
mapfile -t of_reading < <(for step in "${chosen[@]}"; do ((step >= $(grep -n PQputCopyData "$steps" | head -n 1 | cut -d: -f1))) && echo "$step"; done)
mapfile -t of_files < <(for step in "${chosen[@]}"; do sed -n "${step}p" "$steps" | grep -qE '^(fsync|rename|unlink|fflush|fwrite)$' && echo "$step"; done)
printf '%d steps, of which %d may be struck; complete: %s\n' "$(wc -l <"$steps")" "${#chosen[@]}" "$complete"
expect "a load has steps of every kind" test "$(sort -u "$steps" | wc -l)" -ge 6
expect "the undisturbed load has a sealed quarantine" sealed "$complete"
complete=${complete%% seal of*}

# What happens at the step. Those that end the server are followed by a start, as a service manager would do it.
actions=(kill cut backend_killed backend_terminated crash restart term full changed clock_back clock_on)
backends="SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'cinque_loader'"
declare -A fault=(
    [kill]='kill' [term]='term' [cut]='cut' [full]='full' [clock_back]='clock -86400' [clock_on]='clock 2'
    [backend_killed]='run' [backend_terminated]='run' [crash]='run' [restart]='run' [changed]='run')
command_of() {
    case $1 in
    backend_killed) printf "kill -9 \$(psql -X -qAt '%s' -c \"SELECT pid FROM pg_stat_activity WHERE usename = 'cinque_loader' LIMIT 1\")" "$conninfo" ;;
    backend_terminated) printf "psql -X -qAt '%s' -c \"%s\" >/dev/null" "$conninfo" "$backends" ;;
    crash) printf 'kill -9 %s' "$(server_process)" ;;
    restart) printf 'CINQUE_DATA=%s %s/cinque stop; CINQUE_DATA=%s %s/cinque start' "$CINQUE_DATA" "$programs" "$CINQUE_DATA" "$programs" ;;
    changed) printf 'echo late >>%s' "$file" ;;
    esac
}
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

survived=0
for ((n = 0; n < faults; n++)); do
    set_back faults
    rm -f "$CINQUE_DATA"/quarantine/*
    if one_fault "$n"; then survived=$((survived + 1)); fi
done
expect_equal "after every fault and rerun the content is that of an undisturbed load" "$survived" "$faults"

# ---- the same of pulls ----
# cinque pull FEED --load of a drop folder: struck while it archives, enters, acknowledges and loads. After the rerun
# ledger, archive, drop folder and content are those of an undisturbed pull; and at no moment is anything acknowledged
# that the ledger and a whole archive do not hold. Switch: acknowledge in front of archive_item in ingest/pull.c.
pull_faults=${PULL_FAULTS:-60}
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
archive_is_whole() {
    cinque archive open "$(kept_delivery)" --private-key "$CINQUE_DATA/keyring/quarantine.private" 2>/dev/null | cmp -s - "$work/kept.csv"
}
# Its archive is opened by the key's holder alone, behind which is an entry in the log: not part of the content.
# Nor is what was seen and went again, or came again with nothing new.
ledger() {
    sql "SELECT coalesce(string_agg(concat_ws(' ', state, period, bytes, encode(content, 'hex'), is_signed,
                                    load_id IS NOT NULL), '; ' ORDER BY delivery_id), 'none')
           FROM ingest.delivery WHERE state NOT IN ('seen', 'duplicate')"
}
kept_delivery() { sql "SELECT min(delivery_id) FROM ingest.delivery WHERE state NOT IN ('seen', 'duplicate')"; }
lies() { find "$1" -mindepth 1 -printf '%f ' 2>/dev/null | tr ' ' '\n' | sort | paste -s -d ' '; }
pulled_state() {
    local held
    held=$(state)
    printf '%s ledger=%s archive=%s drop=%s' "${held%% seal of*}" "$(ledger)" "$(lies "$CINQUE_DATA/archive" | sed "s/\b$(kept_delivery)\.sealed/N.sealed/; s/ *$feed_name\.lock//")" \
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
mapfile -t of_files < <(for step in "${chosen[@]}"; do sed -n "${step}p" "$steps" | grep -qE '^(fsync|rename|unlink|unlinkat|fflush|fwrite)$' && echo "$step"; done)
choose_pull() { # number of the fault: sets step, phase, action
    local n=$1 turns=$((pull_faults / ${#actions[@]} + 1))
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
for ((n = 0; n < pull_faults; n++)); do
    set_back_pull
    if one_pull_fault "$n"; then survived=$((survived + 1)); fi
done
expect_equal "after every fault and rerun of a pull all is as after an undisturbed one" "$survived" "$pull_faults"
summary
