#!/usr/bin/env bash
# Cases of ehrQL's specification as neutral trees: ehrql.sh BUILD_FOLDER, with CINQUE_CONFORMANCE=DIR
set -euo pipefail
build=${1:?the build folder}
data=${CINQUE_CONFORMANCE:?the folder of the public test sets}/query/ehrql_spec/cases.json
[[ -f $data ]] || { printf '%s: not there, so no case was run\n' "$data"; exit 77; }
exec "$build/tests/conformance/ehrql_cases" "$data"
