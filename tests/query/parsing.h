#pragma once
/* Queries over the catalogue of words.h: what they print as, and what refuses them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/query/words.h"

#define TAIL     "\ntable \"t\" by sex measure people\n"
#define COHORT   "query \"t\"\nproject P\ncohort "
#define EXAMPLES TEST_FILES "/../../examples/queries"

#define BY(dimensions) " table \"t\" by " dimensions " measure people"

static const QueryFiles files = {.codes_folder = EXAMPLES};

__attribute__((unused)) static Result parse(const char *text, Query **query, Error *error)
{
    return query_parse(&WORDS, "q.cohort", text_from(text), QUERY_TEXT_BYTES_MAX, &files, query, error);
}

__attribute__((unused)) static void expect_canonical(const char *text, const char *expected)
{
    SCOPED(query_close) Query *query = NULL;
    SCOPED(query_close) Query *again = NULL;
    Error error = {0};

    Result result = parse(text, &query, &error);

    cr_assert(result.ok, "%s", error.message);
    cr_expect_str_eq(query_canonical(query).data, expected);
    result =
        query_parse(&WORDS, "query", query_canonical(query), QUERY_CANONICAL_BYTES_MAX, NULL, &again, &error);
    cr_assert(result.ok, "the canonical text is a query: %s", error.message);
    cr_expect(text_equal(query_canonical(query), query_canonical(again)), "and its own canonical text");
}

/* The whole message but for the line and the caret. */
__attribute__((unused)) static void expect_refused(const char *text, const char *expected)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};

    Result result = parse(text, &query, &error);

    cr_assert_not(result.ok, "%s", text);
    error.message[strcspn(error.message, "\n")] = '\0';
    cr_expect_str_eq(error.message, expected);
}
