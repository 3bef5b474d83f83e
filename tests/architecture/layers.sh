#!/usr/bin/env bash
# The layer table of docs/architecture.md: which module may include which, and only public headers cross a folder.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

declare -A may_include=(
    [base]=""
    [pseudonymise]="base"
    [governance]="base base_db"
    [ingest]="base base_db pseudonymise governance"
    [linkage]="base base_db governance"
    [query]="base base_db governance"
    [synth]="base"
    [cli]="base base_db pseudonymise governance ingest linkage query synth schema"
    [broker]="base base_db governance query"
)

library_of() { # base/db.h -> base_db; governance/governance.h -> governance; nothing for a private header
    case $1 in
    *_private.h) ;;
    base/db.h | base/cluster.h | base/migrate.h) echo base_db ;;
    base/*.h) echo base ;;
    schema.h) echo schema ;;
    */*/*) ;;
    */*.h) [[ ${1%/*} != "$(basename "$1" .h)" ]] || echo "${1%/*}" ;;
    esac
}
check_include() { # file line included
    local module=${1%%/*} library
    library=$(library_of "$3")
    if [[ $module == base && $3 == base/* ]]; then
        [[ $1 =~ ^base/(db|cluster|migrate) || ($library == base) ]] ||
            violation "$1:$2" "base without the database includes $3"
    elif [[ $3 == "$module"/* || $3 == "${module}_sql.h" ]]; then
        return 0
    elif [[ -z $library ]]; then
        violation "$1:$2" "$3 is not a public header"
    elif [[ " ${may_include[$module]} " != *" $library "* ]]; then
        violation "$1:$2" "$module may not include $3"
    fi
}

while read -r file; do
    while IFS=: read -r line included; do
        [[ -z $included ]] || check_include "$file" "$line" "$included"
    done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"([^"]*)".*/\1/;t found;b;:found;=;p' "$root/$file" | paste -d: - -)
done < <(sources)
finish
