#!/usr/bin/env bash
# Every C file is as clang-format leaves it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

while read -r file; do
    (cd "$root" && clang-format --dry-run -Werror "$file" >/dev/null 2>&1) || violation "$file" "is not formatted by clang-format"
done < <(cd "$root" && find "${modules[@]}" bench tests -name '*.[ch]' 2>/dev/null | sort)
finish
