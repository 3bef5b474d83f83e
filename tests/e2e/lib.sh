# Shared by the end-to-end tests: sourced with the folder of the release build as $1.
# Gives $work (removed at the end), cinque, as_person, sql, and pass / fail counting.
set -euo pipefail
build=$(cd "${1:?the build folder}" && pwd)
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/var/tmp}/cinque-e2e-XXXXXX")
chmod 0755 "$work"
passed=0 failed=0

# The programs are installed, so that a person who may not enter the checkout can run them.
cmake --install "$build" --prefix "$work/programs" >/dev/null
cp -r "$top/examples" "$work/examples"
chmod -R a+rX "$work/programs" "$work/examples"
programs=$work/programs/bin

cinque() {
    "$programs/cinque" "$@"
}
as_person() { # uid command...
    local uid=$1
    shift
    setpriv --reuid="$uid" --regid="$uid" --clear-groups env CINQUE_DATA="$CINQUE_DATA" "$@"
}
sql() { # statement: as superuser on the embedded cluster
    psql -X -qAt -v ON_ERROR_STOP=1 "$(cinque status --conninfo)" -c "$1"
}
refused_with() { # words, command...
    local words=$1
    shift
    ! "$@" >"$work/refusal" 2>&1 && grep -q "$words" "$work/refusal"
}
approve() { # act, object: what the IG lead's `cinque ... approve` writes, without a broker
    sql "INSERT INTO governance.act_approval (act, object, approver, permit_id)
         SELECT '$1', '$2', person_id, '\\x00' FROM governance.person WHERE is_ig_lead LIMIT 1"
}
county() { # people months extra options: the synthetic county in $work/county
    local people=$1 months=$2
    shift 2
    cinque synth --people "$people" --months "$months" --seed 7 --out "$work/county" "$@" >/dev/null
}
data_folder() { # name: a new, initialised data folder with keys, sources, rules and the postcode directory
    export CINQUE_DATA=$work/$1
    mkdir -p "$CINQUE_DATA"
    chmod 0755 "$CINQUE_DATA"
    folders+=("$CINQUE_DATA")
    cinque init >/dev/null
    cinque key create >/dev/null
    cinque source apply >/dev/null
    cinque governance apply "$work/examples/governance.yaml" >/dev/null
    cinque reference add "$work/county/reference/postcode_directory.csv" --edition 2026-05 >/dev/null
}
last_month() {
    tail -n +2 "$work/county/deliveries.csv" | cut -d, -f3 | sort | tail -n 1
}
# The content without what differs between two runs of the same: see canonical.sql.
canonical() {
    psql -X -qAt -v ON_ERROR_STOP=1 "$(cinque status --conninfo)" -f "$top/tests/e2e/canonical.sql" | tail -n 1
}
server() { # statement, more by -c: beside the database, not in it
    psql -X -qAt -v ON_ERROR_STOP=1 "$(cinque status --conninfo | sed 's/dbname=[^ ]*/dbname=postgres/')" -c "$@"
}
keep() { # name: the database and its checkpoints as they are now
    grants=$(sql "SELECT string_agg(format('GRANT CONNECT ON DATABASE cinque TO %I', rolname), '; ') FROM pg_roles WHERE rolname LIKE 'cinque\_%'")
    grants="$grants; GRANT CREATE ON DATABASE cinque TO cinque_owner"
    cp "$CINQUE_DATA/log/checkpoints" "$work/checkpoints-$1"
    server "CREATE DATABASE before_$1 TEMPLATE cinque STRATEGY file_copy"
}
set_back() { # name: to what was kept
    # the checkpoints kept outside tell that the log was set back: here that is meant
    cp "$work/checkpoints-$1" "$CINQUE_DATA/log/checkpoints"
    # file_copy ends in a checkpoint; by wal_log a sequence's values drawn before the first checkpoint come again after a crash
    server 'DROP DATABASE IF EXISTS cinque WITH (FORCE)' -c "CREATE DATABASE cinque TEMPLATE before_$1 STRATEGY file_copy OWNER cinque_owner" \
        -c 'REVOKE ALL ON DATABASE cinque FROM PUBLIC' -c "$grants"
}
pass() {
    passed=$((passed + 1))
    printf 'ok    %s\n' "$1"
}
fail() {
    failed=$((failed + 1))
    printf 'FAIL  %s\n' "$1"
}
expect() { # what, then a command that must succeed
    local what=$1
    shift
    if "$@"; then pass "$what"; else fail "$what"; fi
}
expect_equal() { # what actual expected
    if [[ $2 == "$3" ]]; then pass "$1"; else fail "$1: got '$2', expected '$3'"; fi
}

folders=()
finish() {
    local folder
    for folder in "${folders[@]}"; do
        CINQUE_DATA=$folder "$programs/cinque" broker stop >/dev/null 2>&1 || true
        CINQUE_DATA=$folder "$programs/cinque" stop >/dev/null 2>&1 || true
    done
    [[ -n ${KEEP:-} ]] || rm -rf "$work"
}
trap finish EXIT
summary() {
    printf '%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0))
}
