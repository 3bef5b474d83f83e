#!/usr/bin/env bash
# Loads side by side, of files whose hash was announced, hold what loads one behind the other hold, of files that were
# hashed first.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The list with the hash of each file, as sha256sum says it.
announce() {
    awk -F, -v folder="$work/county" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == "path") path = i; print $0 ",sha256"; next }
        $path == "" { print $0 ","; next }
        { file = "sha256sum \"" folder "/" $path "\""; file | getline digest; close(file)
          print $0 "," substr(digest, 1, 64) }' "$work/county/deliveries.csv"
}

county 1500 2
data_folder one
cinque load --deliveries "$work/county/deliveries.csv" >/dev/null 2>&1
alone=$(canonical)
cinque stop >/dev/null
data_folder two
rm -rf "$CINQUE_DATA/keyring"
cp -pr "$work/one/keyring" "$CINQUE_DATA/keyring"
announce >"$work/county/announced.csv"
cinque load --deliveries "$work/county/announced.csv" --streams 3 >/dev/null 2>"$work/errors"
expect_equal "three streams hold what one does" "$(canonical)" "$alone"
expect "what is compared is something" test "${alone##* }" -gt 1000
expect_equal "no load is left open" "$(sql "SELECT count(*) FROM ingest.load WHERE state = 'open'")" 0
expect_equal "each load has a permit and a result of its own" \
    "$(sql "SELECT count(DISTINCT permit_id) = count(*) FROM ingest.load")" t
expect_equal "the log says of each file that its hash was announced" \
    "$(sql "SELECT count(*) FROM ingest.load WHERE content IS NOT NULL AND NOT ingest.is_announced(permit_id)")" 0
awk -F, -v OFS=, -v none="$(printf %064d 0)" '
    NR == 1 { for (i = 1; i <= NF; i++) if ($i == "replace") replace = i }
    NR == 2 { $replace = "yes"; $NF = none }
    NR <= 2' "$work/county/announced.csv" >"$work/county/wrong.csv"
expect "a file of another hash is refused" refused_with 'its SHA-256 is another' \
    cinque load --deliveries "$work/county/wrong.csv"
summary
