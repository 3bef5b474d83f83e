#!/usr/bin/env bash
# The demo as a newcomer runs it, on a small county: it must end, print what it promises, and run a second time.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export CINQUE_DEMO_DATA=$work/demo
for round in first second; do
    expect "the $round run ends well" bash -c "'$top/scripts/demo' --people 4000 --months 2 >'$work/demo.out' 2>&1"
done
for words in 'patient_list' 'linked' 'people opted out' 'approved' 'hidden:' 'verified'; do
    expect "the demo prints: $words" grep -qi -- "$words" "$work/demo.out"
done
expect "a hidden cell is shown" grep -qE '(^| )\*( |$)' "$work/demo.out"
if ((failed)); then tail -n 40 "$work/demo.out"; fi
summary
