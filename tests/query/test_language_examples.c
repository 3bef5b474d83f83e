/* The queries of the demo, and the examples of the page of the language. */
#include "base/input.h"
#include "tests/query/parsing.h"

static Text read_file(const char *path, Arena *arena)
{
    Error error = {0};
    Text text = TEXT("");

    cr_assert(input_read_all(path, 1 << 20, arena, &text, &error).ok, "%s", error.message);
    return text;
}

Test(language_examples, the_queries_of_the_demo_are_queries)
{
    static const char *const names[] = {EXAMPLES "/diabetes-admissions.cohort",
                                        EXAMPLES "/smokers-alone.cohort"};
    SCOPED(arena_close) Arena *arena = arena_create(1 << 22);

    for (size_t i = 0; i < 2; i++) {
        SCOPED(query_close) Query *query = NULL;
        Error error = {0};
        cr_expect(parse(read_file(names[i], arena).data, &query, &error).ok, "%s", error.message);
    }
}

/* Each block marked `cohort` parses; each marked `refused` ends in a line "# RULE" with which it is refused.
 */
static int check_block(Text block, bool is_refused, Arena *arena)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    char *text = text_to_string(arena, block);

    Result result = parse(text, &query, &error);
    cr_expect_eq(result.ok, !is_refused, "%s%s", text, error.message);
    if (is_refused) {
        char *rule = strstr(text, "# ");
        cr_assert_not_null(rule);
        rule[strcspn(rule, "\n")] = '\0';
        cr_expect_not_null(strstr(error.message, rule + 2), "%s: %s", rule, error.message);
    }
    return 1;
}

Test(language_examples, the_examples_of_its_page_are_true)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 22);
    const char *page = read_file(TEST_FILES "/../../docs/query-language.md", arena).data;
    int blocks = 0;

    for (const char *at = page; (at = strstr(at, "\n```")) != NULL;) {
        bool is_cohort = strncmp(at, "\n```cohort\n", 11) == 0,
             is_refused = strncmp(at, "\n```refused\n", 12) == 0;
        const char *from = strchr(at + 1, '\n') + 1, *to = strstr(from - 1, "\n```");
        cr_assert_not_null(to);
        if (is_cohort || is_refused)
            blocks += check_block((Text){from, (size_t)(to - from)}, is_refused, arena);
        at = to + 4;
    }

    cr_expect_geq(blocks, 6);
}
