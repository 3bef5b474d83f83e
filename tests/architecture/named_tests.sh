#!/usr/bin/env bash
# Every test that SECURITY.md rests on is there: Test(suite, NAME) in C, or a script of the name.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

while read -r name; do
    grep -rqE "^(Theory\(.*|Test\([a-z0-9_]+), $name[,)]" "$root/tests" --include='*.c' ||
        violation SECURITY.md "there is no test $name"
done < <(grep -oE '\*[a-z0-9]+(_[a-z0-9]+){2,}\*' "$root/SECURITY.md" | tr -d '*' | sort -u)
while read -r script; do
    [[ -f $root/tests/$script ]] || violation SECURITY.md "there is no tests/$script"
done < <(grep -oE '\be2e/[a-z_]+\.sh' "$root/SECURITY.md" | sort -u)
finish
