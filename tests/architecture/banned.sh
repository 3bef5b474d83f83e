#!/usr/bin/env bash
# Calls that nothing makes, and calls that only some files make.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# what | where it is allowed | what to say
everywhere=(
    '\<(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atoll|atof|strtok|system|popen|alloca|tmpnam|mktemp)[[:space:]]*\(|^$|a banned call'
)
modules_only=(
    '\<(malloc|calloc|realloc|free|strdup|strndup|asprintf|vasprintf)[[:space:]]*\(|^base/(arena|secret)\.c$|memory comes from base/arena.h'
    '\<PQ[a-zA-Z]+[[:space:]]*\(|^base/db[a-z_]*\.[ch]$|only base/db calls libpq'
    '\<(PGconn|PGresult|PGcancel)\>|^base/db[a-z_]*\.[ch]$|only base/db sees libpq'
)

check_rule() { # file pattern allowed say
    local line
    [[ ! $1 =~ $3 ]] || return 0
    while IFS=: read -r line _; do
        violation "$1:$line" "$4"
    done < <(grep -nE "$2" <<<"$stripped" || true)
}
check_rules() { # file rule...
    local file=$1 rule rest
    stripped=$(code "$file")
    for rule in "${@:2}"; do
        rest=${rule%|*}
        check_rule "$file" "${rest%|^*}" "^${rest##*|^}" "${rule##*|}"
    done
}
while read -r file; do
    check_rules "$file" "${everywhere[@]}"
done < <(beside_sources)
while read -r file; do
    check_rules "$file" "${everywhere[@]}" "${modules_only[@]}"
    # Cryptography in few places: openssl_files names them.
    if grep -qE '#[[:space:]]*include[[:space:]]*<openssl/' "$root/$file" && ! grep -qxF "$file" "$here/openssl_files"; then
        violation "$file" "includes OpenSSL without being in tests/architecture/openssl_files"
    fi
done < <(sources)
finish
