# Sourced by the checks: each takes the folder to check as $1, prints a line for each violation, and is red on any.
set -euo pipefail
root=$(cd "${1:?folder}" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
modules=(base pseudonymise governance ingest linkage query synth cli broker)
violations=0

violation() { # place rule
    printf '%s: %s\n' "$1" "$2"
    violations=$((violations + 1))
}
sources() { # the C files of the modules, from the root
    (cd "$root" && find "${modules[@]}" -maxdepth 1 -name '*.[ch]' 2>/dev/null | sort)
}
beside_sources() { # those that test and measure the modules
    (cd "$root" && find bench tests -name '*.[ch]' 2>/dev/null | sort)
}
code() { # a file without its comments, strings and characters; lines keep their numbers
    awk '{
        line = ""
        for (i = 1; i <= length($0); i++) {
            two = substr($0, i, 2); one = substr($0, i, 1)
            if (comment) { if (two == "*/") { comment = 0; i++ } }
            else if (quote != "") { if (one == "\\") i++; else if (one == quote) { quote = ""; line = line one } }
            else if (two == "/*") { comment = 1; i++ }
            else if (two == "//") break
            else if (one == "\"" || one == "\x27") { quote = one; line = line one }
            else line = line one
        }
        quote = ""
        print line
    }' "$root/$1"
}
finish() {
    ((violations == 0)) || printf '%d violations\n' "$violations"
    ((violations == 0))
}
