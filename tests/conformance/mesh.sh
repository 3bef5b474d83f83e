#!/usr/bin/env bash
# Vectors and recorded exchanges of MESH that no one here wrote: mesh.sh BUILD_FOLDER, with CINQUE_CONFORMANCE=DIR
set -euo pipefail
build=${1:?the build folder}
data=${CINQUE_CONFORMANCE:?the folder of the public test sets}/ingest/mesh
[[ -d $data ]] || { printf '%s: not there, so nothing of MESH was compared\n' "$data"; exit 77; }
exec "$build/tests/conformance/mesh_cases" "$data"
