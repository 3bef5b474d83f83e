/* Queries of any bytes: what is accepted has a canonical text that is accepted too and is its own canonical
 * text. */
#include <stdlib.h>
#include <string.h>

#include "query/compile.h"
#include "tests/query/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(query_close) Query *query = NULL;
    SCOPED(query_close) Query *again = NULL;
    SCOPED(arena_close) Arena *arena = NULL;
    const QueryFiles files = {.codes_folder = "/nonexistent"};
    Compiled compiled;
    Error error = {0};

    if (!query_parse(&WORDS, "fuzz", (Text){(const char *)data, size}, QUERY_TEXT_BYTES_MAX, &files, &query,
                     &error)
             .ok) {
        require(*error.message != '\0');
        return 0;
    }
    require(
        query_parse(&WORDS, "again", query_canonical(query), QUERY_CANONICAL_BYTES_MAX, NULL, &again, &error)
            .ok);
    require(text_equal(query_canonical(query), query_canonical(again)));
    arena = arena_create(64 << 20);
    compile(query->tree, 1, 9677, arena, &compiled);
    /* Values never stand in the statement: its only quotes are around the epoch. */
    for (const char *at = compiled.sql.data; (at = strchr(at, '\'')) != NULL; at += strlen("'2000-01-01'"))
        require(strncmp(at, "'2000-01-01'", strlen("'2000-01-01'")) == 0);
    return 0;
}
