#!/usr/bin/env bash
# Every SQL file begins by saying what it does.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

while read -r file; do
    [[ $(head -c 3 "$root/$file") == '-- ' ]] || violation "$file" "does not begin with a comment"
done < <(cd "$root" && find schema ./*/sql -name '*.sql' 2>/dev/null | sed 's|^\./||' | sort)
finish
