#!/usr/bin/env bash
# A drop folder pulled end to end: markers, signed manifests, kills, duplicates, a cut archive, a load from the archive;
# and no identifier in clear anywhere in the archive. Switches: let FETCH_FOLDER's keep_done return at once, or
# manifest_read without check_signature, or write an archive's blocks without seal_line, and this goes red.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
scan=$(find "$build" -type f -name scan -perm -u+x | head -n 1)

export TMPDIR=$work/tmp # of all that runs here: scanned as the data folder is
mkdir -m 1777 "$TMPDIR"
county 1500 3 --canaries 40
# a source of the same columns, as another PostgreSQL has them
sed -i 's/ apc_spell,/ apc_spell, apc_remote,/' "$work/examples/governance.yaml"
data_folder data
drop=$work/drop
mkdir -p "$drop" "$CINQUE_DATA/feeds"
mapfile -t months < <(ls "$work/county/extracts")
first=${months[0]} last=${months[1]} third=${months[2]}
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
manifest() { # name sender key [size [period]]
    local size=${4:-$(stat -c %s "$drop/$1")}
    printf '{"sender":"%s","source":"apc_spell","file":"%s","sha256":"%s","size":%s,"period":"%s"}' "$2" "$1" \
        "$(sha256sum "$drop/$1" | cut -d' ' -f1)" "$size" "${5:-$first}" >"$drop/$1.manifest"
    openssl pkeyutl -sign -rawin -inkey "$3" -in "$drop/$1.manifest" -out "$drop/$1.manifest.sig"
}
states() {
    sql "SELECT string_agg(state, ' ' ORDER BY delivery_id) FROM ingest.delivery"
}
quiet() { "$@" >/dev/null 2>&1; }
archived() { find "$CINQUE_DATA/archive" -name "$1" | wc -l; }

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

quiet drop_file "plane_${first/-/}.csv" "$(extract "$first")"
expect "a name that is no delivery's is told" bash -c \
    "CINQUE_DATA=$CINQUE_DATA $programs/cinque pull plain | grep -q 'left there: 1 whose names its .file. does not match'"
rm "$drop/plane_${first/-/}.csv"*

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
for _ in $(seq 1 400); do tail -n +2 "$(extract "$last")"; done >"$work/rows"
# long enough that the first kills strike on any machine: hashing alone takes half a second and more
while (($(stat -c %s "$work/long.csv") < 192 << 20)); do cat "$work/rows" >>"$work/long.csv"; done
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
expect "nobody opens an archive alone" refused_with 'no IG lead has approved it' cinque archive open 1 --private-key "$key"
cinque broker start >/dev/null
as_person 61002 "$programs/cinque" archive approve 1 >/dev/null
cinque broker stop >/dev/null
cinque archive open 1 --private-key "$key" >"$work/opened"
expect "the private key gives the delivery back" cmp "$work/opened" "$(extract "$first")"
sealed=$CINQUE_DATA/archive/1.sealed
cp "$sealed" "$work/whole"
truncate -s -29 "$sealed"
approve archive_open 1
expect "an archive cut at a frame does not open" refused_with 'cut off behind frame' cinque archive open 1 --private-key "$key"
expect "and does not load" refused_with 'cut off behind frame' cinque load --delivery 1
cp "$work/whole" "$sealed"
cp "$CINQUE_DATA/archive/3.sealed" "$sealed"
expect "another's archive in its place does not load" refused_with 'of another archive or keyring' cinque load --delivery 1
cp "$work/whole" "$sealed"

# ---- loaded from the archive ----
sql "UPDATE ingest.delivery SET bytes = bytes + (8::int8 << 40) WHERE delivery_id = 1" >/dev/null
expect "without room in the database nothing is begun, and the archive is named" refused_with \
    '^cinque: delivery 1: needs ' cinque load --delivery 1
sql "UPDATE ingest.delivery SET bytes = bytes - (8::int8 << 40) WHERE delivery_id = 1" >/dev/null
expect "a load reads the archive" quiet cinque load --delivery 1
expect_equal "its rows are those of the file" "$(sql "SELECT rows_read FROM ingest.load WHERE state = 'published'")" \
    "$(($(wc -l <"$(extract "$first")") - 1))"
expect_equal "the ledger says published" "$(states | cut -d' ' -f1)" published
expect "its opening is gone" test ! -e "$CINQUE_DATA/archive/1.opening"
expect "it is not loaded twice" refused_with 'published, not to be loaded' cinque load --delivery 1
expect "no clear text came to the disk" "$scan" "$work/patterns" "$CINQUE_DATA"/{archive,quarantine,keyring,pg} "$TMPDIR"
load=$(sql "SELECT load_id FROM ingest.load WHERE state = 'published'")
cinque withdraw "$load" >/dev/null
expect_equal "a withdrawal shows in the ledger" "$(states | cut -d' ' -f1)" withdrawn
touch "$drop/plain_${first/-/}.csv"
# Switch: ingest.withdrawn_require in ingest.delivery_archive.
expect "what was withdrawn is not taken again, and the pull says what to do" \
    refused_with 'withdrawn as load [0-9]*: .* give --again' cinque pull plain
expect "and its archive is gone" test ! -e "$CINQUE_DATA/archive/5.sealed"
cinque pull plain --again 'the sender was right' >/dev/null
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
expect "nor loaded without a reason" refused_with 'give --again' cinque load --delivery 5
quiet cinque load --delivery 5 --again 'the sender was right'
expect "pull --load archives and loads" quiet cinque pull plain --load
expect_equal "all of the feed that could be loaded is" "$(sql "SELECT count(*) FROM ingest.delivery WHERE feed = 'plain' AND state IN ('archived', 'loading')")" 0
expect_equal "no session of the loader reads a table" \
    "$(psql -X -qAt "$(cinque status --conninfo)" -c "SELECT has_table_privilege('cinque_loader', 'ingest.delivery', 'SELECT')")" f

# ---- what came by its path has come ----
missing() { cinque deliveries --missing "$third" --format csv | tail -n +2 | tr -d '\r' | cut -d, -f1 | paste -s -d ' '; }
withdraw_third() {
    quiet cinque withdraw "$(sql "SELECT max(load_id) FROM ingest.load WHERE state = 'published'")"
}
# Switch: leave ingest_has_come out of cli/cmd_deliveries.c.
expect_equal "both feeds miss the third month" "$(missing)" "plain signed"
expect "it is loaded by its path" quiet cinque load apc_spell "$(extract "$third")" --sender kent-icb --period "$third"
expect_equal "and is missing no more" "$(missing)" ""
withdraw_third
expect_equal "until it is taken back" "$(missing)" "plain signed"

# ---- encrypted, and who vouches for it ----
# Switch: leave is_vouched or the signer out of use_source_keys in base/input.c.
quiet cinque key delivery create "end to end"
ours=$CINQUE_DATA/keyring/delivery/cms-1.pem
encrypt() { openssl cms -encrypt -binary -stream -aes-256-cbc -in "$1" -outform DER -out "$2" "$ours" 2>/dev/null; }
last_delivery() { sql "SELECT max(delivery_id) FROM ingest.delivery"; }
encrypt "$(extract "$third")" "$work/cbc"
drop_file "plain_${third/-/}.csv" "$work/cbc"
quiet cinque pull plain
expect "what could be changed unnoticed is refused when nobody vouches for it" \
    refused_with 'could have been changed unnoticed' cinque load --delivery "$(last_delivery)"
encrypt "$(extract "$third")" "$work/cbc"
drop_file "signed_${third/-/}.csv" "$work/cbc"
manifest "signed_${third/-/}.csv" kent-icb "$work/sender.pem" "$(stat -c %s "$work/cbc")" "$third"
quiet cinque pull signed
expect "the same under a signed manifest is loaded" quiet cinque load --delivery "$(last_delivery)"
expect_equal "all of it" "$(sql "SELECT rows_read FROM ingest.load ORDER BY load_id DESC LIMIT 1")" \
    "$(($(wc -l <"$(extract "$third")") - 1))"
withdraw_third
for name in author other; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" -days 30 \
        -keyout "$work/$name.key" -out "$work/$name.pem" 2>/dev/null
done
fingerprint() { openssl x509 -in "$work/$1.pem" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g'; }
feed authored "signer: $(fingerprint other)"
openssl cms -sign -binary -nodetach -in "$(extract "$third")" -signer "$work/author.pem" -inkey "$work/author.key" \
    -outform DER -out "$work/inside"
encrypt "$work/inside" "$work/cbc"
drop_file "authored_${third/-/}.csv" "$work/cbc"
quiet cinque pull authored
expect "a signature by another key than the feed demands is refused" \
    refused_with 'not signed by key' cinque load --delivery "$(last_delivery)"
feed authored "signer: $(fingerprint author)"
expect "that of the key it demands is loaded" quiet cinque load --delivery "$(last_delivery)"
withdraw_third
drop_file "authored_${third/-/}b.csv" "$(extract "$third")"
quiet cinque pull authored --again "its content is what was sent"
expect "what is not signed at all is refused by that feed" \
    refused_with "its sender's signature is demanded" cinque load --delivery "$(last_delivery)" --again "its content is what was sent"

# ---- packed ----
# Switch: count the bytes as delivered in cli/held.c.
gzip -c "$(extract "$third")" >"$work/packed.gz"
drop_file "plain_${third/-/}p.csv" "$work/packed.gz"
quiet cinque pull plain
shim=$(find "$build" -name libfaults.so | head -n 1)
between=$((($(stat -c %s "$work/packed.gz") + $(stat -c %s "$(extract "$third")")) * 19 / 20))
with_room() { LD_PRELOAD=$shim CINQUE_FREE_BYTES=$1 cinque load --delivery "$(last_delivery)"; }
expect "room is measured by what a delivery is unpacked" refused_with 'MiB or more in the database' with_room "$between"
expect "and where there is room it loads" quiet with_room $((between * 4))
# A frame of one raw block without a checksum (RFC 8878): magic, descriptor, size less 256, block header.
head -n 3 "$(extract "$third")" >"$work/short.csv"
size=$(stat -c %s "$work/short.csv")
octets() { local bytes='' one; for one in "$@"; do bytes+=$(printf '\\x%02x' $((one & 255))); done; printf "$bytes"; }
{
    octets 0x28 0xb5 0x2f 0xfd 0x60 $((size - 256)) $(((size - 256) >> 8)) $(((size << 3) | 1)) $((size >> 5)) $((size >> 13))
    cat "$work/short.csv"
} >"$work/bare.zst"
cinque source check apc_spell "$work/bare.zst" >"$work/checked" 2>/dev/null
expect "zstd without a checksum is told" grep -q 'apc_spell is unprotected: zstd without a checksum' "$work/checked"

# ---- what is said when nothing is there ----
printf 'source,sender,period,path\napc_spell,kent-icb,2020-01,gone.csv\napc_spell,kent-icb,2020-02,gone.csv\n' >"$work/list.csv"
expect_equal "a list that stops says once why, and how much of it is not loaded" "$(cinque load --deliveries "$work/list.csv" 2>&1 >/dev/null)" \
    "cinque: $work/gone.csv: No such file or directory"$'\n'"cinque: 2 of 2 deliveries were not loaded"
mkdir "$work/keyless"
printf 'feed: keyless\nsource: apc_spell\nsender: kent-icb\nfile: "k_{CCYY}{MM}.csv"\ntransport: { kind: folder, folder: %s, complete: done }\nmanifest: { required: true, key: none.pem }\n' \
    "$work/keyless" >"$CINQUE_DATA/feeds/keyless.yaml"
for name in k_202601.csv k_202602.csv; do
    printf '%064d' 0 | tee "$work/keyless/$name"{,.done,.manifest,.manifest.sig} >/dev/null
done
expect_equal "a pull that stops says once why, and how much is not taken" "$(cinque pull keyless 2>&1 >/dev/null)" \
    "cinque: $CINQUE_DATA/feeds/none.pem: cannot be opened: No such file or directory"$'\n'"cinque: 2 of 2 deliveries were not taken and lie where they were"
rm "$CINQUE_DATA/feeds/keyless.yaml"
expect_equal "of a month without deliveries nothing is called usual" "$(cinque quality report 2019-01 --source apc_spell)" \
    "nothing was measured: no delivery of source apc_spell for 2019-01 is held, and none is missed"

# ---- another PostgreSQL ----
withdraw_third
server "CREATE DATABASE theirs"
theirs=$(cinque status --conninfo | sed 's/dbname=[^ ]*/dbname=theirs/')
header=$(head -n 1 "$(extract "$third")" | tr -d '\r"')
psql -X -q "$theirs" -c "CREATE TABLE public.spell (${header//,/ text, } text)"
psql -X -q "$theirs" -c "\\copy public.spell FROM '$(extract "$third")' CSV HEADER"
mkdir -p "$work/specs"
cp -r "$top/sources/codes" "$work/specs/codes"
sed 's/^source: .*/source: apc_remote/; s/^file: .*/file: { format: postgres_binary, line_bytes_max: 8192 }/; s/protected_by: .*/protected_by: [structure]/' \
    "$top/sources/apc_spell.yaml" >"$work/specs/apc_remote.yaml"
quiet cinque source apply "$work/specs/apc_remote.yaml"
echo "SELECT * FROM public.spell ORDER BY hospital_provider_spell_number, provider_code" >"$CINQUE_DATA/feeds/theirs.sql"
cat >"$CINQUE_DATA/feeds/theirs.yaml" <<END
feed: theirs
source: apc_remote
spec: $work/specs/apc_remote.yaml
sender: kent-icb
file: theirs.pgcopy
period: given
transport: { kind: postgresql, conninfo: "$theirs", query_file: theirs.sql }
END
expect "rows of another PostgreSQL are pulled and loaded" quiet cinque pull theirs --period "$third" --load
expect_equal "all of them" "$(sql "SELECT rows_read FROM ingest.load WHERE state = 'published' ORDER BY load_id DESC LIMIT 1")" \
    "$(psql -X -qAt "$theirs" -c 'SELECT count(*) FROM public.spell')"
cinque pull theirs --period "$third" >"$work/again"
expect "what has not changed is a duplicate" grep -q 'duplicate of' "$work/again"
expect "and nothing of it is on the disk in clear" "$scan" "$work/patterns" "$CINQUE_DATA/archive" "$CINQUE_DATA/quarantine"
printf 'SELECT repeat(%sx%s, 1000) FROM pg_catalog.generate_series(1, 400000)\n' "'" "'" >"$CINQUE_DATA/feeds/theirs.sql"
# 400 MB in half as much address space as would hold them. Switch: gather the rows before the sink has them.
expect "any number of rows takes the same memory" bash -c "ulimit -v 262144; CINQUE_DATA=$CINQUE_DATA $programs/cinque pull theirs --period $third >/dev/null"
sed -i 's/\(host=\)[^ ]*/\1localhost/' "$CINQUE_DATA/feeds/theirs.yaml"
expect "a host is not asked without a verified certificate" refused_with 'sslmode=verify-full is demanded' cinque pull theirs --period "$third"
summary
