#!/usr/bin/env bash
# Digests that openpseudonymiser.org publishes: digests.sh BUILD_FOLDER, with CINQUE_CONFORMANCE=DIR
set -euo pipefail
build=${1:?the build folder}
data=${CINQUE_CONFORMANCE:?the folder of the public test sets}/linkage/nhs/openpseudonymiser_digests.csv
[[ -f $data ]] || { printf '%s: not there, so no digest was compared\n' "$data"; exit 77; }
exec "$build/tests/conformance/digest_cases" "$data"
