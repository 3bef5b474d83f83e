#!/usr/bin/env bash
# Delimited text that no one here wrote, and our own edge cases: ingest.sh BUILD_FOLDER, with CINQUE_CONFORMANCE=DIR
set -euo pipefail
build=${1:?the build folder}
data=${CINQUE_CONFORMANCE:?the folder of the public test sets}
exec "$build/tests/conformance/ingest_cases" "$data/ingest/edge-cases" "$data/ingest/csv-spectrum"
