#!/usr/bin/env bash
# Every C file is as clang-format leaves it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

report=$(cd "$root" && { find "${modules[@]}" bench tests -name '*.[ch]' -print0 2>/dev/null || true; } |
    xargs -0 -r -n 32 -P 2 clang-format --dry-run -Werror 2>&1) && finish && exit
while read -r file; do
    violation "$file" "is not formatted by clang-format"
done < <(sed -nE 's/^([^:]+):[0-9]+:[0-9]+: error: .*/\1/p' <<<"$report" | sort -u)
((violations > 0)) || violation clang-format "does not run"
finish
