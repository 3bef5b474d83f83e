#!/usr/bin/env bash
# The disk of the data folder fills during a load, with more and more room left before, and at last when the server
# needs a new segment of its write-ahead log, which ends it: each time the command fails with an error that quotes
# nothing, what is visible is whole loads alone, the server is there again when there is room, and the same load ends
# with the content of a run that nothing disturbed.
# Red when end_load (ingest/store.c) publishes although its last flush failed, and when load_all (cli/cmd_load.c) ends
# well after a failure. Skipped where nobody may mount a file system.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
disk_megabytes=700 # a new cluster and its log, twice over
as_root=()
((EUID == 0)) || as_root=(sudo)
disk=$work/disk
unmount() {
    KEEP=yes finish
    "${as_root[@]}" umount "$disk" 2>/dev/null || "${as_root[@]}" umount -l "$disk" 2>/dev/null || true
    rm -rf "$work"
}

county 1500 2
data_folder plain
cp -a "$CINQUE_DATA/keyring" "$work/keyring"
load() { cinque load --deliveries "$work/county/deliveries.csv"; }
canonical() { psql -X -qAt -v ON_ERROR_STOP=1 "$(cinque status --conninfo)" -f "$top/tests/e2e/canonical.sql" | tail -n 1; }
load >/dev/null 2>&1
undisturbed=$(canonical)
expect "an undisturbed run holds something" test "${undisturbed##* }" -gt 1000
cinque stop >/dev/null

mkdir "$disk"
if ! "${as_root[@]}" mount -t tmpfs -o size="${disk_megabytes}m",mode=0755 cinque-test "$disk" 2>"$work/errors"; then
    printf 'skipped: no file system may be mounted here: %s\n' "$(cat "$work/errors")"
    exit 77
fi
trap unmount EXIT
"${as_root[@]}" chown "$(id -u):$(id -g)" "$disk"
data_folder disk/data
rm -r "$CINQUE_DATA/keyring"
cp -a "$work/keyring" "$CINQUE_DATA/keyring"

leave() { # kilobytes: fills the disk but for so much
    local free
    rm -f "$disk/filler"
    free=$(df --output=avail -k "$disk" | tail -n 1)
    fallocate -l $(((free - $1) * 1024)) "$disk/filler"
}
# Loads that are visible have the rows that they say; rows and subjects of no visible load there are none.
cat >"$work/visible.sql" <<'SQL'
SET client_min_messages = warning;
CREATE TEMP TABLE held (load_id int, rows bigint);
DO $$
DECLARE source text;
BEGIN
    FOR source IN SELECT name FROM ingest.source LOOP
        EXECUTE format('INSERT INTO held SELECT load_id, count(*) FROM records.%I GROUP BY load_id', source);
    END LOOP;
END $$;
SELECT count(*) FROM ingest.load AS l FULL JOIN held AS h USING (load_id)
 WHERE (l.state IN ('published', 'replaced') AND coalesce(h.rows, 0) <> l.rows_loaded)
    OR (l.state IS DISTINCT FROM 'published' AND l.state IS DISTINCT FROM 'replaced' AND h.rows > 0);
SELECT count(*) FROM subjects.subject AS s LEFT JOIN ingest.load AS l ON l.load_id = s.first_load_id
 WHERE l.state IS DISTINCT FROM 'published' AND l.state IS DISTINCT FROM 'replaced';
SQL
published() { sql "SELECT count(*) FROM ingest.load WHERE state IN ('published', 'replaced')"; }
# Values that no message may hold: NHS numbers, names and postcodes as delivered.
awk -F, 'FNR > 1 { print $1; print $2; print $3 }' "$work"/county/extracts/*/patient_list/*.csv | sort -u >"$work/values"

full=0
try() { # what: loads, and judges what a failure leaves; 1 when it did not fail
    local code=0
    load >"$work/output" 2>&1 || code=$?
    rm -f "$disk/filler"
    ((code != 0)) || return 1
    full=$((full + 1))
    printf '%s: status %d: %s\n' "$1" "$code" "$(grep '^cinque: ' "$work/output" | tail -n 1)"
    expect "$1: the error says what failed" grep -qE '^cinque: .*(disk full|No space left|connection)' "$work/output"
    expect_equal "$1: and quotes no name and no number" "$(grep -cwFf "$work/values" "$work/output" || true)" 0
    expect "$1: with room again the server runs or starts" cinque start
    expect_equal "$1: what is visible is whole loads" \
        "$(psql -X -qAt -v ON_ERROR_STOP=1 "$(cinque status --conninfo)" -f "$work/visible.sql" | tr '\n' ' ')" "0 0 "
    printf '%d loads are published\n' "$(published)"
}
# The server's log is written until so many bytes are left of its segments.
left_of_log() {
    sql "SELECT 16777216 - (pg_current_wal_insert_lsn() - '0/0') % 16777216 + 16777216 * (SELECT count(*) FROM pg_ls_waldir()
          WHERE length(name) = 24 AND name > pg_walfile_name(pg_current_wal_insert_lsn()))" | cut -d. -f1
}
fill_log() {
    local left
    left=$(left_of_log)
    while ((left > $1)); do
        sql "SELECT pg_logical_emit_message(false, 'test', repeat('x', least(($left - $1 / 2) * 98 / 100, 8000000)::int))" >/dev/null
        left=$(left_of_log)
    done
}

fill_log 60000
leave 8192
if try "no segment left"; then
    expect "the server ended, and not for another reason" grep -q 'PANIC:.*No space left on device' "$CINQUE_DATA/pg/server.log"
else
    fail "the load needs another segment"
fi
for kilobytes in 0 64 256 512 1024 1536 2048 3072 4096 8192; do
    leave "$kilobytes"
    try "$kilobytes kB left" || break
done
expect "the disk was full at least five times" test "$full" -ge 5

load >"$work/output" 2>&1 || true
expect_equal "loading again gives the content of an undisturbed run" "$(canonical)" "$undisturbed"
expect_equal "nothing is left of loads that failed" "$(sql "SELECT count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace AND relkind = 'r'")" 0
sealed() { find "$1/quarantine" -type f | wc -l; }
expect_equal "nor of their sealed rows" "$(sealed "$CINQUE_DATA")" "$(sealed "$work/plain")"
cinque broker start >/dev/null
expect "the access log verifies" as_person 61002 "$programs/cinque" audit verify
summary
