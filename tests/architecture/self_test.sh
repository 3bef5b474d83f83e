#!/usr/bin/env bash
# Plants violations in a copy and expects each check to name them: a check that cannot go red holds nothing.
#   self_test.sh ROOT
set -euo pipefail
root=$(cd "${1:?folder}" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/cinque-architecture-XXXXXX")
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# A skeleton of the tree, so that nothing but the planted file can be what a check names.
copy() {
    rm -rf "$work/copy"
    mkdir -p "$work/copy"/{base,pseudonymise,governance,ingest,linkage,query/sql,synth,cli,broker,schema,tests/query}
    cp "$root/.clang-format" "$work/copy"
}
report() { # what passed
    if [[ $2 == 0 ]]; then
        passed=$((passed + 1))
        printf 'ok    %s\n' "$1"
    else
        failed=$((failed + 1))
        printf 'FAIL  %s\n' "$1"
    fi
}
expect_red() { # check file content what: the check names the planted file
    local output
    copy
    printf '%s\n' "$3" >"$work/copy/$2"
    if output=$(bash "$here/$1" "$work/copy" 2>&1); then
        report "$1 is red on $4" 1
    else
        grep -q "^$2[: ]" <<<"$output" && report "$1 is red on $4" 0 || report "$1 is red on $4" 1
    fi
}
expect_green() { # check file content what: the check does not name the file
    local output
    copy
    printf '%s\n' "$3" >"$work/copy/$2"
    output=$(bash "$here/$1" "$work/copy" 2>&1) || true
    grep -q "^$2[: ]" <<<"$output" && report "$1 accepts $4" 1 || report "$1 accepts $4" 0
}

expect_red layers.sh linkage/planted.c '#include "pseudonymise/pseudonymise.h"' "linkage including pseudonymise"
expect_red layers.sh query/planted.c '#include "ingest/ingest.h"' "query including ingest"
expect_red layers.sh governance/planted.c '#include "query/query.h"' "governance including what is above it"
expect_red layers.sh pseudonymise/planted.c '#include "base/db.h"' "pseudonymise including the database"
expect_red layers.sh synth/planted.c '#include "base/cluster.h"' "synth including the cluster"
expect_red layers.sh base/planted.c '#include "base/migrate.h"' "base without libpq including the database"
expect_red layers.sh base/planted.h '#include "governance/governance.h"' "base including a module"
expect_red layers.sh cli/planted.c '#include "query/count_table.h"' "a private header of another folder"
expect_red layers.sh ingest/planted.c '#  include "base/db_private.h"' "the private header of the database"
expect_red layers.sh broker/planted.c '#include "ingest_sql.h"' "the SQL of another module"
expect_red layers.sh query/planted.c '#include "tests/support/support.h"' "a header of the tests"
expect_green layers.sh ingest/planted.c '#include "ingest/anything.h"
#include "ingest_sql.h"
#include "base/db.h"
#include "pseudonymise/pseudonymise.h"
#include <stdio.h>' "what ingest may include"

expect_red banned.sh query/planted.c 'void f(char *a, const char *b) { strcpy(a, b); }' "strcpy"
expect_red banned.sh query/planted.c 'int f(const char *a) { return system (a); }' "system"
expect_red banned.sh tests/query/planted.c 'void f(char *a) { sprintf(a, "x"); }' "sprintf in a test"
expect_red banned.sh ingest/planted.c 'void *f(void) { return malloc(3); }' "malloc"
expect_red banned.sh ingest/planted.c 'void f(void *a) { free(a); }' "free"
expect_red banned.sh linkage/planted.c 'void f(void) { PQfinish(0); }' "libpq outside base/db"
expect_red banned.sh base/planted.c 'PGconn *connection;' "libpq in base outside base/db"
expect_red banned.sh query/planted.c '#include <openssl/evp.h>' "OpenSSL in a file not listed"
expect_green banned.sh query/planted.c '/* strcpy(a, b) and
 * malloc(3) */
const char *text = "free(a) \" system(";
void f(void *a) { memory_free(a); snprintf(0, 0, "x"); }' "comments, strings and longer names"
expect_green banned.sh tests/query/planted.c 'void f(void *a) { free(a); }' "free in a test"
expect_green banned.sh base/db_planted.c 'void f(void) { PQfinish(0); }' "libpq in base/db"

expect_red format.sh base/planted.c 'int  f( void ){return 1;}' "a file out of format"
expect_green format.sh base/planted.c 'static int formatted;' "a file in format"
expect_red named_tests.sh SECURITY.md "| a threat | a control | \`query\` *there_is_no_such_test* |" "a test that is not there"
expect_red named_tests.sh SECURITY.md "\`e2e/no_such.sh\`" "a script that is not there"
expect_red sql_comments.sh schema/999_planted.sql 'SELECT 1;' "a schema file without a comment"
expect_red sql_comments.sh query/sql/planted.sql 'SELECT 1;' "a statement without a comment"
expect_green sql_comments.sh query/sql/planted.sql '-- Nothing. Called by nobody.
SELECT 1;' "a statement with a comment"

# walls.sh: small libraries in place of the real ones
library() { # name C text
    printf '%s\n' "$2" >"$work/libraries/$1.c"
    cc -c -o "$work/libraries/$1.o" "$work/libraries/$1.c"
    ar rcs "$work/libraries/lib$1.a" "$work/libraries/$1.o"
}
libraries() {
    rm -rf "$work/libraries"
    mkdir "$work/libraries"
    library base_db 'void db_run(void) {}'
    library pseudonymise 'void pseudonymise_token(void) {}'
    local name
    for name in governance linkage query; do library "$name" "void db_run(void); void ${name}_run(void) { db_run(); }"; done
    library synth 'void synth_run(void) {}'
}
walls_red() { # library C text what
    libraries
    library "$1" "$2"
    if bash "$here/walls.sh" "$work/libraries" >"$work/output"; then
        report "walls.sh is red on $3" 1
    else
        grep -q "^lib$1.a: reaches" "$work/output" && report "walls.sh is red on $3" 0 || report "walls.sh is red on $3" 1
    fi
}
libraries
bash "$here/walls.sh" "$work/libraries" >/dev/null && report "walls.sh accepts walls that stand" 0 || report "walls.sh accepts walls that stand" 1
for module in linkage query governance; do
    walls_red "$module" 'void pseudonymise_token(void); void f(void) { pseudonymise_token(); }' "$module reaching for keys"
done
walls_red pseudonymise 'void db_run(void); void f(void) { db_run(); }' "pseudonymise reaching for the database"
walls_red pseudonymise 'void PQfinish(void); void f(void) { PQfinish(); }' "pseudonymise reaching for libpq"
walls_red synth 'void db_run(void); void f(void) { db_run(); }' "synth reaching for the database"

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
