#pragma once
/* Dummy data of a query, made from the shipped specs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/input.h"
#include "cli/dummy.h"
#include "tests/cli/workbench.h"

#define MANUAL   TEST_FILES "/../../docs/query-language.md"
#define EXAMPLES TEST_FILES "/../../examples/queries"

enum { PEOPLE = 120, TEXT_BYTES_MAX = 1 << 20, EXAMPLES_MAX = 64, MONTH = 12 * 26 + 8 };

#define MUST(call)                                                                                           \
    do {                                                                                                     \
        Error must_error = {0};                                                                              \
        Error *must = &must_error;                                                                           \
        Result must_result = (call);                                                                         \
        cr_assert(must_result.ok, "%s", must->message);                                                      \
    } while (0)

static Arena *arena;
static const DummySource *sources;
static size_t source_count;

static inline void open_specs(void)
{
    arena = arena_create(64 << 20);
    MUST(dummy_shipped(arena, &sources, &source_count, must));
    cr_redirect_stdout();
}

static inline void close_specs(void)
{
    arena_close(&arena);
}

static inline void open_query(Text text, Query **query)
{
    const QueryFiles files = {.codes_folder = EXAMPLES};
    Error error = {0};

    MUST(query_open_dummy(sources, source_count, "q.cohort", text, &files, query, must));
    if (query_check_set(*query, &error).ok)
        return;
    MUST(query_set(*query, TEXT("area"), TEXT("Dover"), must));
    MUST(query_set(*query, TEXT("from_age"), TEXT("65"), must));
}

static inline void ask(Text text, uint64_t seed, const char *folder, DummyAnswer *answer)
{
    SCOPED(query_close) Query *query = NULL;
    const DummyWanted wanted = {.people = PEOPLE, .seed = seed, .month = MONTH, .folder = folder};

    open_query(text, &query);
    MUST(query_dummy(query, sources, &wanted, answer, must));
}

/* definition,yes,no,... of which yes and no are people of one definition */
static inline void expect_both_sides(const DummyAnswer *answer, Text example)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    table_print(answer->definitions, TABLE_CSV, out);
    (void)fclose(out);
    Text lines = {text, length};
    (void)text_next(&lines, '\n');
    while (lines.length > 0) {
        Text line = text_next(&lines, '\n'), name = text_next(&line, ','), yes = text_next(&line, ',');
        Text no = text_next(&line, ',');
        int64_t have, lack, unknown;
        cr_assert(text_to_int64(yes, &have) && text_to_int64(no, &lack) &&
                  text_to_int64(text_next(&line, ','), &unknown));
        int64_t all = have + lack + unknown;
        cr_expect_gt(have, 0, "%.*s in %.*s", TEXT_ARG(name), TEXT_ARG(example));
        if (strstr(text_to_string(arena, name), "is known") == NULL)
            cr_expect(8 * have >= all && 8 * lack >= all,
                      "%.*s: %" PRId64 " have it, %" PRId64 " lack it: %.*s", TEXT_ARG(name), have, lack,
                      TEXT_ARG(example));
    }
    free(text);
}

static inline const char *file_of(const char *folder, const char *name)
{
    Text text;

    MUST(input_read_all(text_format(arena, "%s/%s", folder, name).data, 8 << 20, arena, &text, must));
    return text_to_string(arena, text);
}

static inline Text field(Text line, size_t index)
{
    for (size_t i = 0; i < index; i++)
        (void)text_next(&line, ',');
    return text_next(&line, ',');
}

static inline Text wanting(const char *cohort, const char *by)
{
    return text_format(arena,
                       "query \"q\" project P as at 2026-06-30 cohort %s table \"t\" by %s measure people",
                       cohort, by);
}
