#!/usr/bin/env bash
# Loads side by side hold what loads one behind the other hold.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

county 1500 2
data_folder one
cinque load --deliveries "$work/county/deliveries.csv" >/dev/null 2>&1
alone=$(canonical)
cinque stop >/dev/null
data_folder two
rm -rf "$CINQUE_DATA/keyring"
cp -pr "$work/one/keyring" "$CINQUE_DATA/keyring"
cinque load --deliveries "$work/county/deliveries.csv" --streams 3 >/dev/null 2>"$work/errors"
expect_equal "three streams hold what one does" "$(canonical)" "$alone"
expect "what is compared is something" test "${alone##* }" -gt 1000
expect_equal "no load is left open" "$(sql "SELECT count(*) FROM ingest.load WHERE state = 'open'")" 0
expect_equal "each load has a permit and a result of its own" \
    "$(sql "SELECT count(DISTINCT permit_id) = count(*) FROM ingest.load")" t
summary
