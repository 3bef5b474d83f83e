# Sourced by the fault tests: a county with one delivery, what is held, and what can strike. faults.c numbers the steps of
# a program and strikes at one: $shim. RANDOM is seeded by SEED.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
seed=${SEED:-$RANDOM}
RANDOM=$seed
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
steps_of_files() { # those of $chosen at which a file is written, synced, renamed or taken away
    local step
    for step in "${chosen[@]}"; do
        if sed -n "${step}p" "$steps" | grep -qE '^(fsync|rename|unlink|unlinkat|fflush|fwrite)$'; then echo "$step"; fi
    done
}

# ---- what a pull of $feed_name leaves, when $work/kept.csv was delivered ----
archive_is_whole() {
    approve archive_open "$(kept_delivery)"
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
archives() { lies "$CINQUE_DATA/archive" | sed "s/\b$(kept_delivery)\.sealed/N.sealed/; s/ *$feed_name\.lock//"; }

expect_survived() { # what: one_fault NUMBER says so of each of $faults, from what is held before
    local survived=0 n
    for ((n = 0; n < faults; n++)); do
        set_back faults
        rm -f "$CINQUE_DATA"/quarantine/*
        if one_fault "$n"; then survived=$((survived + 1)); fi
    done
    expect_equal "$1" "$survived" "$faults"
}
