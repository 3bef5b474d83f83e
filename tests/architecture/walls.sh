#!/usr/bin/env bash
# The walls between modules, in what the linker sees: $1 is the build folder with the static libraries.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

defined() { nm --defined-only --extern-only "$root/lib$1.a" 2>/dev/null | awk 'NF == 3 { print $3 }' | grep -v '^__' | sort -u; }
wanted() { nm --undefined-only "$root/lib$1.a" 2>/dev/null | awk 'NF == 2 { print $2 }' | sort -u; }
forbid() { # library symbols rule: none of the symbols is wanted by the library
    local symbol
    while read -r symbol; do
        [[ -z $symbol ]] || violation "lib$1.a" "$3: $symbol"
    done < <(comm -12 <(wanted "$1") <(sort -u <<<"$2"))
}

for library in base_db pseudonymise governance linkage query; do
    [[ -e $root/lib$library.a ]] || violation "lib$library.a" "is not built"
done
keys=$(defined pseudonymise)
[[ -n $keys ]] || violation "libpseudonymise.a" "defines nothing, so nothing is checked"
for library in base_db governance linkage query; do
    forbid "$library" "$keys" "reaches for keys"
done
database=$(defined base_db)
[[ -n $database ]] || violation "libbase_db.a" "defines nothing, so nothing is checked"
for library in pseudonymise synth; do
    forbid "$library" "$database" "reaches for the database"
    forbid "$library" "$(wanted "$library" | grep '^PQ' || true)" "reaches for libpq"
done
finish
