#!/usr/bin/env bash
# The attacks of tests/attack on one record of each person of half of historical_50k. attack.sh BUILD_FOLDER, with CINQUE_CONFORMANCE=DIR
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
export CINQUE_ATTACK_FILE=${CINQUE_CONFORMANCE:?the folder of the public test sets}/linkage/historical_50k/historical_half.csv CINQUE_ATTACK_SAY=1

for attack in frequency/tells_no_more_of_hardened_encodings_than_guessing graph/of_likeness_leads_to_nobody_in_hardened_encodings \
    structure/leads_to_nobody_in_hardened_encodings_of_a_district; do
    result=failed
    if "$build/tests/test_attack" --filter "$attack"; then result=held; fi
    expect_equal "historical half, $attack" "$result" held
done
summary
