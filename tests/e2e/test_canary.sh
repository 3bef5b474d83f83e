#!/usr/bin/env bash
# 200 marked identifiers go in with the extracts; after a full run with failures none may be found anywhere, in clear,
# reversed, as an integer or under an unkeyed hash. Switch: store any identifier column as text and this goes red.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
scan=$(find "$build" -type f -name scan -perm -u+x | head -n 1)
export TMPDIR=$work/tmp
mkdir -p "$TMPDIR" "$work/outputs"
chmod 1777 "$TMPDIR"

county 2000 2 --canaries 40
patterns=$work/patterns
# local ids and reference numbers of the planted people count as well; very short ones would match by chance
tail -n +2 "$work/county/truth/canaries.csv" | cut -d, -f3 | awk 'length($0) >= 6 { print; if (gsub(/ /, "")) print }' |
    sort -u >"$patterns"
# The postcode directory is public and lists every postcode: without the planted ones, a find means the extracts.
grep -vwFf "$patterns" "$work/county/reference/postcode_directory.csv" >"$work/directory.csv"
mv "$work/directory.csv" "$work/county/reference/postcode_directory.csv"
# with encodings, which are made of the marked names too
cat >>"$work/examples/governance.yaml" <<'YAML'

linkages:
  - { purpose: phm, sources: [patient_list, social_care_event, death], from: 2024-01-01, to: 2030-12-31 }
YAML
data_folder data
expect "at least 200 marked identifiers are planted" test "$(wc -l <"$patterns")" -ge 200
expect "the scanner finds them in the extracts" bash -c "! '$scan' '$patterns' '$work/county/extracts' >/dev/null"

head -n 1 "$patterns" | tr -d '\n' | sha1sum | cut -d' ' -f1 | tr -d '\n' >"$work/planted-hex"
head -n 1 "$patterns" | tr -d '\n' | rev | tr -d '\n' >"$work/planted-reversed"
expect "the scanner finds a hash in hex" bash -c "! '$scan' '$patterns' '$work/planted-hex' >/dev/null"
expect "the scanner finds a reversed identifier" bash -c "! '$scan' '$patterns' '$work/planted-reversed' >/dev/null"

run() { # name command...: whatever it prints is output that must hold no identifier
    local name=$1
    shift
    "$@" >"$work/outputs/$name.out" 2>"$work/outputs/$name.err" || echo "exit $?" >>"$work/outputs/$name.err"
}
month=$(last_month)
extract=$work/county/extracts/$month/apc_spell/kent-icb.csv

# failures first: no agreement, wrong source, ragged, cut, columns swapped, too many rejects, killed
run no-agreement cinque load apc_spell "$extract" --sender kent-fire --period "$month"
run wrong-source cinque load death "$extract" --sender ons --period "$month"
sed '2,400s/,/|/' "$extract" >"$work/ragged.csv"
run ragged cinque load apc_spell "$work/ragged.csv" --sender kent-icb --period "$month"
awk -F, -v OFS=, 'NR > 1 { t = $3; $3 = $11; $11 = t } 1' "$extract" >"$work/swapped.csv"
run swapped cinque load apc_spell "$work/swapped.csv" --sender kent-icb --period "$month"
head -c 3333 "$extract" >"$work/cut.csv"
run cut cinque source check apc_spell "$work/cut.csv"
# codes and NHS numbers in each other's place: all that keeps a number out is the check of the code
journal=$work/county/extracts/$month/gp_event/kent-icb.csv
awk -F, -v OFS=, 'NR > 1 { t = $2; $2 = $7; $7 = t } 1' "$journal" >"$work/codes.csv"
run codes cinque load gp_event "$work/codes.csv" --sender kent-icb --period "$month"
ulimit -c unlimited
hits=0
strike() { # signal, delay in ms, command...: the program is hit while it works, sooner where it is done by then
    local signal=$1 delay=$2 job struck=''
    shift 2
    while ((delay > 0)) && [[ -z $struck ]]; do
        "$@" >/dev/null 2>&1 &
        job=$!
        sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
        if pkill "-$signal" -P $job -x cinque; then struck=1 hits=$((hits + 1)); fi
        wait $job 2>/dev/null || true
        delay=$((delay / 2))
    done
}
strike KILL 1000 cinque load --deliveries "$work/county/deliveries.csv"
# a core file is what SIGABRT would leave, in the working directory
cd "$work/tmp"
strike ABRT 500 cinque load --deliveries "$work/county/deliveries.csv"

run load cinque load --deliveries "$work/county/deliveries.csv"
run loads cinque loads
for load in $(seq 1 30); do run "quarantine-$load" cinque quarantine "$load"; done
strike KILL 100 cinque link
run link cinque link
run link-report cinque link report
run link-rates cinque link report --format csv
run link-estimates cinque link report --format csv --table estimates
run link-page cinque link report --format html
alike=$(sql "SELECT coalesce(min(subject_id), 1) FROM linkage.link WHERE pass BETWEEN 6 AND 9")
run explain cinque link explain -- "$alike"
run clerical cinque link clerical list
expect "somebody was linked by encodings" grep -q 'family name' "$work/outputs/explain.out"
expect "what waits is listed" grep -q '^pair' "$work/outputs/clerical.out"

# the same at a provider's: what is printed, the parcel and the log of its key
provider=$work/provider
mkdir -m 0700 "$provider"
cinque key parcels create >/dev/null
cp "$CINQUE_DATA/keyring/regional.key" "$CINQUE_DATA/keyring/parcels/parcel.public" "$provider/"
(umask 077 && openssl genpkey -algorithm ed25519 -out "$provider/signing.pem")
register=$work/county/extracts/$month/patient_list/kent-icb.csv
at_source() { # source, file, name
    run "$3" cinque pseudonymise "$1" "$2" --sender kent-icb --period "$month" --keys "$provider" --out "$work/outputs/$3.parcel" --encodings
}
at_source patient_list "$register" at-source
sed '2,400s/,/|/' "$register" >"$work/ragged-register.csv"
at_source patient_list "$work/ragged-register.csv" at-source-ragged
at_source apc_spell "$work/swapped.csv" at-source-swapped
expect "a parcel was made" test -s "$work/outputs/at-source.parcel"
expect "and the use of its key written down" grep -q 'written keys .*regional.encoding=' "$provider/regional.key.log"
strike KILL 300 cinque release build "$month" --purpose phm
expect "kills struck the program while it worked" test "$hits" -ge 3
run release cinque release build "$month" --purpose phm
run broker cinque broker start
run submit as_person 61001 "$programs/cinque" query submit "$work/examples/queries/diabetes-admissions.cohort"
run approve as_person 61002 "$programs/cinque" query approve 1
run run as_person 61001 "$programs/cinque" query run 1
run run-csv as_person 61001 "$programs/cinque" query run 1 --format csv
# What stands beside an answer of the linkage is what the linkage report says, counts left out: of sources those it reads.
# Red where release.linkage_note copies another run's, or linkage_report_keep writes another rate than the report has.
tr -d '\r' <"$work/outputs/link-rates.out" | sed 1d | cut -d, -f1,2,5- >"$work/reported"
tr -d '\r' <"$work/outputs/link-estimates.out" | sed 1d | awk -F, '{ print "estimate," $1 "," $4 ",,," }' >>"$work/reported"
sed -n '/^# group,value,rate/,$ { s/^# \(.*\),[^,]*$/\1/p }' "$work/outputs/run-csv.out" | sed '1d; /^run,/d; /^run before,/d' >"$work/beside"
expect "an answer carries every group of the linkage report" test \
    "$(grep -cv 'source,' "$work/beside")" -eq "$(grep -cv 'source,' "$work/reported")"
expect "and the sources that it reads" grep -q "^source,patient_list,[01]" "$work/beside"
expect "and what is estimated, here hidden" grep -q "^estimate,missed matches," "$work/beside"
expect_equal "and says of each what the report says" "$(sort "$work/beside" | comm -23 - <(sort "$work/reported"))" ""
run audit as_person 61002 "$programs/cinque" audit list --rows 1000
run verify as_person 61002 "$programs/cinque" audit verify
rejecting=$(sql "SELECT min(load_id) FROM ingest.quarantine")
run quarantine-approve as_person 61002 "$programs/cinque" quarantine approve "$rejecting"
expect "the run got as far as a released table" grep -q 'hidden: ' "$work/outputs/run.out"

export PGOPTIONS='-c search_path=pg_catalog'
pg_dump "$(cinque status --conninfo)" >"$work/dump.sql"
psql -X -qAt "$(cinque status --conninfo)" -c CHECKPOINT
expect "the dump holds the records" grep -q 'COPY staging\|COPY records' "$work/dump.sql"
cinque broker stop >/dev/null || true

mkdir "$work/memory-files"
find /var/crash /var/lib/systemd/coredump "$work" -name 'core*' -type f -exec cp {} "$work/memory-files" \; 2>/dev/null || true
where=("$work/dump.sql" "$work/outputs" "$TMPDIR" "$work/memory-files" "$provider/regional.key.log")
# all of the data folder, WAL and server logs with it, but for the keyring and the sealed quarantine
for entry in "$CINQUE_DATA"/* "$CINQUE_DATA"/.[!.]*; do
    case ${entry##*/} in keyring | quarantine | '.[!.]*') ;; *) where+=("$entry") ;; esac
done
if "$scan" "$patterns" "${where[@]}" >"$work/scan.out"; then
    pass "no marked identifier is left anywhere"
else
    fail "no marked identifier is left anywhere"
    head -n 20 "$work/scan.out"
fi
tail -n 1 "$work/scan.out"

# ---- what is sealed opens for two people: the one place where identifiers are ----
lines_of() { cinque quarantine open "$1" --private-key "$CINQUE_DATA/keyring/quarantine.private"; }
lines_of "$rejecting" >"$work/rejected-lines"
expect_equal "rejected lines open for who has the key and an approval" "$(wc -l <"$work/rejected-lines")" \
    "$(sql "SELECT count(DISTINCT line_number) FROM ingest.quarantine WHERE load_id = $rejecting")"
to_full() { lines_of "$1" >/dev/full; }
approve quarantine_open "$rejecting"
expect "what cannot be written is an error, and not logged as opened" refused_with 'cannot be written' to_full "$rejecting"
expect "once alone" refused_with 'no IG lead has approved it' lines_of "$rejecting"
summary
