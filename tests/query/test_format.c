#include <criterion/criterion.h>
#include <string.h>

#include "base/input.h"
#include "tests/query/words.h"

static Text format(const char *text, Arena *arena)
{
    Error error = {0};
    Text formatted = TEXT("");

    cr_assert(query_format("q", text_from(text), arena, &formatted, &error).ok, "%s", error.message);
    return formatted;
}

/* And what has the layout keeps it. */
static void expect_layout(const char *text, const char *expected)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 22);

    Text once = format(text, arena);

    cr_expect_str_eq(once.data, expected);
    cr_expect_str_eq(format(once.data, arena).data, expected, "twice is as once");
}

Test(format, a_statement_begins_a_line_and_a_part_of_a_table_is_indented)
{
    expect_layout(
        "query \"t\" project P as at 2026-06-30 codes d=(\"A\" as \"x\",\"B\") let a = age>=65 cohort a "
        "table \"u\" by sex,band ( age,5 ) totals sex measure people table \"v\" by band(age,from 18,65) "
        "measure people",
        "query \"t\"\nproject P\nas at 2026-06-30\ncodes d = (\"A\" as \"x\", \"B\")\nlet a = age >= 65\n"
        "cohort a\ntable \"u\"\n  by sex, band(age, 5)\n  totals sex\n  measure people\n"
        "table \"v\"\n  by band(age, from 18, 65)\n  measure people\n");
}

Test(format, a_line_broken_within_a_statement_stays_broken)
{
    expect_layout("query \"t\"\n\n\n\nproject P\ncohort sex = \"1\"\nand\n\n      (age  >  3)",
                  "query \"t\"\n\nproject P\ncohort sex = \"1\"\n    and\n    (age > 3)\n");
}

Test(format, comments_stay_where_they_are)
{
    expect_layout(
        "#! first\n\n# second\nquery \"t\"# beside   \nproject P\n   # alone\n\ncohort # why\n"
        "sex = \"1\"\n # within\nand care_home table \"t\" # beside\n# of the part\nby sex\n#last",
        "#! first\n\n# second\nquery \"t\"  # beside\nproject P\n# alone\n\ncohort  # why\n"
        "    sex = \"1\"\n    # within\n    and care_home\ntable \"t\"  # beside\n  # of the part\n  by "
        "sex\n#last\n");
}

Test(format, what_orders_records_is_no_part_of_a_table)
{
    expect_layout("let a = value of code in last gp_event by event_date where (code = \"1\" and - 3 < -3 )",
                  "let a = value of code in last gp_event by event_date where (code = \"1\" and - 3 < -3)\n");
}

Test(format, the_queries_of_the_demo_mean_the_same_in_the_layout)
{
    static const char *const names[] = {"diabetes-admissions.cohort", "smokers-alone.cohort"};
    const QueryFiles files = {.codes_folder = TEST_FILES "/../../examples/queries"};

    for (size_t i = 0; i < 2; i++) {
        SCOPED(arena_close) Arena *arena = arena_create(1 << 22);
        SCOPED(query_close) Query *before = NULL;
        SCOPED(query_close) Query *after = NULL;
        Error error = {0};
        Text text = TEXT("");
        cr_assert(input_read_all(text_format(arena, "%s/%s", files.codes_folder, names[i]).data, 1 << 20,
                                 arena, &text, &error)
                      .ok);

        Text formatted = format(text.data, arena);

        cr_assert(query_parse(&WORDS, "q", text, QUERY_TEXT_BYTES_MAX, &files, &before, &error).ok);
        cr_assert(query_parse(&WORDS, "q", formatted, QUERY_TEXT_BYTES_MAX, &files, &after, &error).ok, "%s",
                  error.message);
        cr_expect(text_equal(query_canonical(before), query_canonical(after)));
    }
}

Test(format, what_is_no_query_at_all_is_refused_by_its_place)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 22);
    Text formatted;
    Error error = {0};

    cr_assert_not(query_format("q", TEXT("query \"t\nproject"), arena, &formatted, &error).ok);
    cr_expect_not_null(strstr(error.message, "q:1:7: string has no closing quote"), "%s", error.message);
    cr_assert_not(query_format("q", TEXT("query \xFF"), arena, &formatted, &error).ok);
    error.message[strcspn(error.message, "\n")] = '\0';
    cr_expect_str_eq(error.message, "q:1:7: not UTF-8");
}
