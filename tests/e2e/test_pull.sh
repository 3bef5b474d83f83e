#!/usr/bin/env bash
# A drop folder pulled end to end: markers, signed manifests, kills, duplicates, a cut archive, a load from the archive;
# and no identifier in clear anywhere in the archive. Switches: let FETCH_FOLDER's keep_done return at once, or
# manifest_read without check_signature, or write an archive's blocks without seal_line, and this goes red.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
scan=$(find "$build" -type f -name scan -perm -u+x | head -n 1)

county 1500 2 --canaries 40
data_folder data
drop=$work/drop
mkdir -p "$drop" "$CINQUE_DATA/feeds"
mapfile -t months < <(ls "$work/county/extracts")
first=${months[0]} last=${months[1]}
extract() { printf '%s/county/extracts/%s/apc_spell/kent-icb.csv' "$work" "$1"; }

openssl genpkey -algorithm ed25519 -out "$work/sender.pem" 2>/dev/null
openssl pkey -in "$work/sender.pem" -pubout -out "$CINQUE_DATA/feeds/kent.pem" 2>/dev/null
openssl genpkey -algorithm ed25519 -out "$work/stranger.pem" 2>/dev/null
feed() { # name, further lines
    cat >"$CINQUE_DATA/feeds/$1.yaml" <<END
feed: $1
source: apc_spell
sender: kent-icb
file: "$1_{CCYY}{MM}*.csv"
transport: { kind: folder, folder: $drop, complete: done }
expected: { by_day: 10 }
archive: { keep_days: 30 }
$2
END
}
feed plain ""
feed signed "manifest: { required: true, key: kent.pem }"
drop_file() { # name, content's file
    cp "$2" "$drop/$1"
    touch "$drop/$1.done"
}
manifest() { # name sender key [size]
    local size=${4:-$(stat -c %s "$drop/$1")}
    printf '{"sender":"%s","file":"%s","sha256":"%s","size":%s,"period":"%s"}' "$2" "$1" \
        "$(sha256sum "$drop/$1" | cut -d' ' -f1)" "$size" "$first" >"$drop/$1.manifest"
    openssl pkeyutl -sign -rawin -inkey "$3" -in "$drop/$1.manifest" -out "$drop/$1.manifest.sig"
}
states() {
    sql "SELECT string_agg(state, ' ' ORDER BY delivery_id) FROM ingest.delivery"
}
quiet() { "$@" >/dev/null 2>&1; }
archived() { find "$CINQUE_DATA/archive" -name "$1" | wc -l; }
refused_with() { # words, command...
    local words=$1
    shift
    ! "$@" >"$work/refusal" 2>&1 && grep -q "$words" "$work/refusal"
}

# ---- only what is complete ----
cp "$(extract "$first")" "$drop/plain_${first/-/}.csv"
expect_equal "without its marker nothing is taken" "$(cinque pull plain)" "feed plain: nothing new (0 there were taken before)"
touch "$drop/plain_${first/-/}.csv.done"
ln -s /etc/hostname "$drop/plain_200001.csv"
touch "$drop/plain_200001.csv.done"
expect "with its marker it is archived" bash -c "CINQUE_DATA=$CINQUE_DATA $programs/cinque pull plain | grep -q 'delivery 1: $first, archived'"
expect_equal "it is in the ledger, and a symbolic link is not" "$(states)" "archived"
expect_equal "what was taken is known again" "$(cinque pull plain)" "feed plain: nothing new (1 there were taken before)"
expect_equal "a duplicate under another name says so" \
    "$(drop_file "plain_${first/-/}b.csv" "$(extract "$first")" && cinque pull plain)" \
    "delivery 2: $first, duplicate of delivery 1, nothing kept"
expect_equal "and leaves no second archive" "$(archived '*.sealed')" 1

# ---- signed manifests ----
name=signed_${first/-/}.csv
drop_file "$name" "$(extract "$first")"
printf '\n' >>"$drop/$name"
expect "a missing manifest refuses" refused_with 'manifest (NAME.manifest) is missing' cinque pull signed
manifest "$name" kent-icb "$work/stranger.pem"
expect "a stranger's signature refuses" refused_with "signature is not the sender's" cinque pull signed
manifest "$name" kent-fire "$work/sender.pem"
expect "another sender's manifest refuses" refused_with 'of another sender' cinque pull signed
manifest "$name" kent-icb "$work/sender.pem" 17
expect "another size refuses" refused_with 'not as long as its manifest says' cinque pull signed
manifest "$name" kent-icb "$work/sender.pem"
sed -i 's/[0-9]$/x/;$!b' "$drop/$name.manifest"
printf ' ' >>"$drop/$name.manifest"
expect "a manifest that was changed refuses" refused_with "signature is not the sender's" cinque pull signed
manifest "$name" kent-icb "$work/sender.pem"
sed -i '2s/./#/' "$drop/$name"
expect "other content than was vouched for refuses" refused_with 'not the content that its manifest vouches for' cinque pull signed
expect "the file lies where it was" test -f "$drop/$name"
expect_equal "no archive is left of it" "$(archived '*.sealed') $(archived '*.part') $(archived '*.opening')" "1 0 1"
manifest "$name" kent-icb "$work/sender.pem"
expect "the sender's own is taken" quiet cinque pull signed
expect_equal "and is signed in the ledger" "$(sql "SELECT string_agg(is_signed::text, ' ' ORDER BY delivery_id) FROM ingest.delivery")" "false false true"

# ---- killed at any moment ----
head -n 1 "$(extract "$last")" >"$work/long.csv"
for _ in $(seq 1 400); do tail -n +2 "$(extract "$last")"; done >>"$work/long.csv"
drop_file "plain_${last/-/}.csv" "$work/long.csv"
hits=0
for delay in 0.01 0.05 0.1 0.15 0.2 0.25 0.3 0.4 0.5 0.6; do
    "$programs/cinque" pull plain >/dev/null 2>&1 &
    job=$!
    sleep "$delay"
    if kill -9 $job 2>/dev/null; then hits=$((hits + 1)); fi
    wait $job 2>/dev/null || true
done
expect "kills struck the pull" test "$hits" -ge 3
cinque pull plain >/dev/null
expect_equal "a rerun completes it, once" \
    "$(sql "SELECT count(*) FROM ingest.delivery WHERE state = 'archived' AND content = '\\x$(sha256sum "$work/long.csv" | cut -d' ' -f1)'")" 1
expect_equal "nothing half is left" "$(archived '*.part') $(sql "SELECT count(*) FROM ingest.delivery WHERE state = 'seen'")" "0 0"
cinque archive sweep >"$work/sweep"
expect "the sweep finds nothing that fits nowhere" grep -q '^0 archives deleted, 0 files that do not fit' "$work/sweep"

# ---- no identifier in clear ----
tail -n +2 "$work/county/truth/canaries.csv" | cut -d, -f3 | awk 'length($0) >= 6' | sort -u >"$work/patterns"
expect "the scanner finds them in the drop folder" bash -c "! '$scan' '$work/patterns' '$drop' >/dev/null"
expect "no marked identifier is in the archive" "$scan" "$work/patterns" "$CINQUE_DATA/archive"

# ---- the key holder, and a cut archive ----
key=$CINQUE_DATA/keyring/quarantine.private
cinque archive open 1 --private-key "$key" >"$work/opened"
expect "the private key gives the delivery back" cmp "$work/opened" "$(extract "$first")"
sealed=$CINQUE_DATA/archive/1.sealed
cp "$sealed" "$work/whole"
truncate -s -29 "$sealed"
expect "an archive cut at a frame does not open" refused_with 'cut off behind frame' cinque archive open 1 --private-key "$key"
expect "and does not load" refused_with 'cut off behind frame' cinque load --delivery 1
cp "$work/whole" "$sealed"
cp "$CINQUE_DATA/archive/3.sealed" "$sealed"
expect "another's archive in its place does not load" refused_with 'of another archive or keyring' cinque load --delivery 1
cp "$work/whole" "$sealed"

# ---- loaded from the archive ----
expect "a load reads the archive" quiet cinque load --delivery 1
expect_equal "its rows are those of the file" "$(sql "SELECT rows_read FROM ingest.load WHERE state = 'published'")" \
    "$(($(wc -l <"$(extract "$first")") - 1))"
expect_equal "the ledger says published" "$(states | cut -d' ' -f1)" published
expect "its opening is gone" test ! -e "$CINQUE_DATA/archive/1.opening"
expect "it is not loaded twice" refused_with 'published, not to be loaded' cinque load --delivery 1
expect "no clear text came to the disk" "$scan" "$work/patterns" "$CINQUE_DATA/archive" "$CINQUE_DATA/quarantine"
load=$(sql "SELECT load_id FROM ingest.load WHERE state = 'published'")
cinque withdraw "$load" >/dev/null
expect_equal "a withdrawal shows in the ledger" "$(states | cut -d' ' -f1)" withdrawn
touch "$drop/plain_${first/-/}.csv"
cinque pull plain >/dev/null
expect_equal "and the same may come again" "$(states)" "withdrawn duplicate archived archived archived"

# ---- what did not come ----
expect_equal "a feed's missing month is told" "$(cinque deliveries --missing "$last" --format csv | tail -n +2 | tr -d '\r')" \
    "signed,apc_spell,kent-icb,$last"

# ---- deleted after its time ----
sql "UPDATE ingest.delivery SET archived_at = archived_at - interval '31 days' WHERE delivery_id <= 2" >/dev/null
cinque archive sweep >"$work/sweep"
expect "what is past its time is deleted" grep -q '^1 archives deleted' "$work/sweep"
expect "and gone" test ! -e "$sealed"
touch "$CINQUE_DATA/archive/99.sealed"
cinque archive sweep >"$work/sweep"
expect "what fits nowhere is told" grep -q '99.sealed.*no delivery of this number' "$work/sweep"
expect_equal "each deletion had its permit" "$(sql "SELECT count(*) FROM audit.permit WHERE action = 'archive_sweep'")" 1

# ---- pull and load at once ----
drop_file "plain_${first/-/}c.csv" "$(extract "$first")"
quiet cinque load --delivery 5
expect "pull --load archives and loads" quiet cinque pull plain --load
expect_equal "all of the feed that could be loaded is" "$(sql "SELECT count(*) FROM ingest.delivery WHERE feed = 'plain' AND state IN ('archived', 'loading')")" 0
expect_equal "no session of the loader reads a table" \
    "$(psql -X -qAt "$(cinque status --conninfo)" -c "SELECT has_table_privilege('cinque_loader', 'ingest.delivery', 'SELECT')")" f
summary
