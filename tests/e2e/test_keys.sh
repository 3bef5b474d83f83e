#!/usr/bin/env bash
# Keys are used, rotated, split, sealed, given a last day and destroyed, on a server that logs every statement with its
# parameters and keeps their texts, through killed loads, a core that is asked for and a crash of the server; then none of
# them, in no form, is anywhere but in the keyring (attack A6). First the scanner finds planted ones, also in table, WAL
# and log of that same server. Switch: log or store a key anywhere, and this goes red.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
scan=$(find "$build" -type f -name scan -perm -u+x | head -n 1)
export TMPDIR=$work/tmp
mkdir -p "$TMPDIR" "$work/outputs" "$work/cores" "$work"/share-{a,b,c}
chmod 1777 "$TMPDIR"
county 600 2
# with encodings, whose keys are used too
cat >>"$work/examples/governance.yaml" <<'YAML'

linkages:
  - { purpose: phm, sources: [patient_list, social_care_event, death], from: 2024-01-01, to: 2030-12-31 }
YAML
data_folder data
keys=$CINQUE_DATA/keyring
server "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'" -c "ALTER SYSTEM SET log_statement = 'all'" \
    -c "ALTER SYSTEM SET log_parameter_max_length = -1" -c "ALTER SYSTEM SET logging_collector = on" -c "ALTER SYSTEM SET log_min_duration_statement = 0"
cinque stop >/dev/null && cinque start >/dev/null
sql "CREATE EXTENSION pg_stat_statements" >/dev/null

run() { # name command...
    local name=$1
    shift
    "$@" >"$work/outputs/$name.out" 2>"$work/outputs/$name.err" || { echo "exit $?" >>"$work/outputs/$name.err"; return 1; }
}
refused() { ! run "$@"; }
said() { grep -q -- "$2" "$work/outputs/$1.out" "$work/outputs/$1.err"; }
versions() { cinque key list --format csv | tr -d '\r' | awk -F, '$1 == "hub" { printf "%s%s", (n++ ? " " : ""), $2 }'; }

# ---- the life of a keyring ----

cores_before=$(ulimit -S -c)
ulimit -S -c unlimited
struck=0
for signal in KILL ABRT KILL; do # wherever it is just then, its keys in memory
    (cd "$work/cores" && exec "$programs/cinque" load --deliveries "$work/county/deliveries.csv") >>"$work/outputs/killed" 2>&1 &
    loader=$!
    sleep 0.4
    if kill -s "$signal" "$loader" 2>/dev/null; then struck=$((struck + 1)); fi
    wait "$loader" 2>/dev/null || true
done
ulimit -S -c "$cores_before"
expect "signals struck the loader" test "$struck" -ge 2
run load cinque load --deliveries "$work/county/deliveries.csv" || true
run link cinque link
expect "the log says what a load used its keys for" \
    test "$(sql "SELECT count(*) FROM audit.intake WHERE position('keys hub-1.outer='::bytea IN entry) > 0 AND position('regional.subject='::bytea IN entry) > 0")" -gt 0
heads=$(sql "SELECT count(*) FROM subjects.encoding")
opened=$(sql "SELECT substring(encode(entry, 'escape') FROM 'encodings-1.opened=([0-9]+)') FROM audit.intake WHERE position('encodings-1.opened='::bytea IN entry) > 0")
expect "the log says how much a run of linkage opened ($opened of $heads heads)" test "$opened" -ge "$heads" -a "$heads" -gt 0
flip() { sql "UPDATE subjects.encoding SET head = set_byte(head, 20, get_byte(head, 20) # 1) WHERE subject_id = (SELECT max(subject_id) FROM subjects.encoding)" >/dev/null; }
run undo cinque link undo "$(sql 'SELECT max(run_id) FROM linkage.run')" && flip
expect "an encoding that was changed ends the run" refused link-changed cinque link
expect "the log says what it had opened all the same" \
    test "$(sql "SELECT count(*) FROM audit.intake WHERE position('failed keys encodings-1.opened='::bytea IN entry) > 0")" = 1
flip && run link-whole cinque link
cp "$keys/hub-1.key" "$work/hub-1.before"
expect "the current version is not destroyed" refused destroy-current cinque key destroy 1
run rotate cinque key rotate
expect "the log says what a rotation used them for" \
    test "$(sql "SELECT count(*) FROM audit.intake WHERE position('hub-older.outer='::bytea IN entry) > 0")" = 1
expect "a ceremony is held" run ceremony cinque key ceremony "$work/share-a" "$work/share-b" "$work/share-c"
expect "a version that holds nothing is destroyed" run destroy cinque key destroy 1
expect_equal "and is gone" "$(versions)" 2
expect "what held it was asked in the log" test "$(sql "SELECT count(*) FROM audit.permit WHERE action = 'key_destroy' AND object = '1'")" = 2
expect "two shares bring it back" run restore cinque key ceremony restore "$work/share-c/cinque-key-share-3" "$work/share-b/cinque-key-share-2"
expect "as it was" cmp -s "$keys/hub-1.key" "$work/hub-1.before"
expect "and it can go again" run destroy-again cinque key destroy 1

openssl genpkey -algorithm X25519 -out "$work/private.pem" 2>/dev/null
openssl pkey -in "$work/private.pem" -pubout -out "$work/provider.pem"
chmod 600 "$work/private.pem"
expect "the engineer may not give the regional key away" refused seal-engineer cinque key seal-for "$work/provider.pem" --out "$work/sealed"
expect "a key past its last day" run expire cinque key expire regional 2020-01-01
expect "refuses loads" refused load-late cinque load --deliveries "$work/county/deliveries.csv"
expect "and says why" said load-late 'past its last day'
soon=$(date -d '+10 days' +%F)
run expire-later cinque key expire regional "$soon"
run load-soon cinque load --deliveries "$work/county/deliveries.csv" || true
expect "close to it loads warn" said load-soon "key_expires last_day=$soon"
run list cinque key list || true

# ---- the server crashes, and its log begins anew ----

psql -X -qAt "$(cinque status --conninfo)" -c 'SELECT pg_sleep(60)' >/dev/null 2>&1 &
sleeper=$!
for _ in $(seq 1 50); do
    backend=$(sql "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'")
    [[ -n $backend ]] && break
    sleep 0.1
done
kill -9 "$backend"
wait "$sleeper" 2>/dev/null || true
for _ in $(seq 1 100); do sql 'SELECT 1' >/dev/null 2>&1 && break; sleep 0.1; done
expect "after a crash it links again" run link-again cinque link
sql "SELECT pg_rotate_logfile()" >"$work/outputs/rotated" 2>&1
sql "SELECT query FROM pg_stat_statements" >"$work/outputs/statements"
expect "the server kept statements" test "$(wc -l <"$work/outputs/statements")" -gt 100

# ---- no key anywhere else ----

hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
child() { # key file, info: HKDF-SHA-256 without salt, as the program derives it
    openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:"$(hex "$1")" -kdfopt info:"$2" HKDF | tr -d ':\n' | tr 'A-F' 'a-f'
}
needles=$work/needles
{
    for key in "$work/hub-1.before" "$keys/hub-2.key" "$keys/regional.key" "$keys/subjects.key" "$keys/quarantine.private" "$keys/encodings-1.private"; do hex "$key"; echo; done
    for info in inner/{nhs_number,local_id,uprn,foreign,address}/v1 subject/v1 record/v1 opening/v1 encoding/v1; do
        child "$keys/regional.key" "cinque/$info"; echo
    done
    for use in subject record; do child "$keys/subjects.key" "cinque/outer/$use/linkage"; echo; done
    child "$work/hub-1.before" cinque/outer/linkage/1; echo
    child "$keys/hub-2.key" cinque/outer/linkage/2; echo
} >"$needles"
expect_equal "nineteen keys are looked for" "$(grep -cE '^[0-9a-f]{64}$' "$needles")" 19
printf 'x' | cat "$keys/regional.key" - >"$work/planted"
base64 <"$keys/hub-2.key" >"$work/planted-base64"
expect "the scanner finds a planted key" bash -c "! '$scan' --keys '$needles' '$work/planted' >/dev/null"
expect "the scanner finds one in base64" bash -c "! '$scan' --keys '$needles' '$work/planted-base64' >/dev/null"

PGOPTIONS='-c search_path=pg_catalog' pg_dump "$(cinque status --conninfo)" >"$work/dump.sql"
psql -X -qAt "$(cinque status --conninfo)" -c CHECKPOINT
# all of the data folder, WAL and server logs with it, but for the keyring
where=("$work/dump.sql" "$work/outputs" "$work/cores" "$TMPDIR" "$work"/share-{a,b,c})
for entry in "$CINQUE_DATA"/* "$CINQUE_DATA"/.[!.]*; do
    case ${entry##*/} in keyring | '.[!.]*') ;; *) where+=("$entry") ;; esac
done
if "$scan" --keys "$needles" "${where[@]}" >"$work/scan.out"; then
    pass "no key, no key derived of it and no pad of HMAC is left anywhere"
else
    fail "no key, no key derived of it and no pad of HMAC is left anywhere"
    head -n 20 "$work/scan.out"
fi
tail -n 1 "$work/scan.out"

# ---- the control: what it would have found ----

planted=$(hex "$keys/hub-2.key")
sql "CREATE TABLE planted AS SELECT decode('$planted', 'hex') AS key" >/dev/null
sql CHECKPOINT >/dev/null
mkdir "$work/control"
(cd "$work/control" && ulimit -S -c unlimited && exec sleep 60) &
sleeper=$!
sleep 0.2
kill -ABRT "$sleeper"
wait "$sleeper" 2>/dev/null || true
expect "a process that does not forbid it leaves a core here" test -n "$(find "$work/control" -name 'core*')"
"$scan" --keys "$needles" "$CINQUE_DATA/pg" >"$work/control.out" 2>/dev/null || true
expect "a key that is stored is found in a table" grep -q '/base/.*identifier' "$work/control.out"
expect "and in the WAL" grep -q '/pg_wal/.*identifier' "$work/control.out"
expect "and in the server's log, with its statement" grep -qE '(log|\.log[^/]*): .*identifier|/log/.*identifier' "$work/control.out"
summary
