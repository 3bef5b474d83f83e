/* Queries of any bytes: what is accepted has a canonical text that is accepted too and is its own canonical
 * text; it can be bound, and the second look at its plan finds nothing but numbers of people by categories.
 * What is refused is refused with a place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query/run.h"
#include "query/shape.h"
#include "tests/query/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* "fuzz:LINE:COLUMN: ..." */
static bool names_a_place(const char *message)
{
    unsigned line, column;

    return sscanf(message, "fuzz:%u:%u: ", &line, &column) == 2;
}

/* Laid out, it means the same. */
static void check_layout(Text text, const Query *query)
{
    SCOPED(query_close) Query *again = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(4 << 20);
    Text formatted, twice;
    Error error = {0};

    require(query_format("fuzz", text, arena, &formatted, &error).ok);
    require(query_format("fuzz", formatted, arena, &twice, &error).ok);
    require(text_equal(formatted, twice));
    require(query_parse(&WORDS, "fuzz", formatted, 8 * QUERY_TEXT_BYTES_MAX, NULL, &again, &error).ok);
    require(text_equal(query_canonical(query), query_canonical(again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(query_close) Query *query = NULL;
    SCOPED(query_close) Query *again = NULL;
    SCOPED(arena_close) Arena *arena = NULL;
    const QueryFiles files = {.codes_folder = "/nonexistent"};
    Bound bound;
    Error error = {0};

    if (!query_parse(&WORDS, "fuzz", (Text){(const char *)data, size}, QUERY_TEXT_BYTES_MAX, &files, &query,
                     &error)
             .ok) {
        require(names_a_place(error.message));
        return 0;
    }
    require(
        query_parse(&WORDS, "again", query_canonical(query), QUERY_CANONICAL_BYTES_MAX, NULL, &again, &error)
            .ok);
    require(text_equal(query_canonical(query), query_canonical(again)));
    check_layout((Text){(const char *)data, size}, query);
    arena = arena_create(64 << 20);
    require(
        bind_tree(query->tree, shape_of_catalogue(&WORDS, query->tree, arena), 9677, arena, &bound, &error)
            .ok);
    require(run_check_plan(query, &bound, &error).ok);
    return 0;
}
