/*
 * Dummy data by the shipped specs. The control is dummy_is_random: switched on, nothing is wished for, and
 * the same people and records lack what the queries define.
 */
#include <glob.h>
#include <unistd.h>

#include "query/dummy.h"
#include "tests/cli/dummies.h"

TestSuite(dummy, .init = open_specs, .fini = close_specs);

/* ```cohort blocks of the manual, then the files of examples/queries. */
static size_t find_examples(Text *examples)
{
    const char *opening = "```cohort\n";
    glob_t found;
    Text manual;
    size_t count = 0;

    MUST(input_read_all(MANUAL, TEXT_BYTES_MAX, arena, &manual, must));
    const char *at = text_to_string(arena, manual);
    while ((at = strstr(at, opening)) != NULL && count < EXAMPLES_MAX) {
        const char *end = strstr(at += strlen(opening), "```");
        cr_assert_not_null(end);
        examples[count++] = text_copy(arena, (Text){at, (size_t)(end - at)});
        at = end;
    }
    cr_assert_eq(glob(EXAMPLES "/*.cohort", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc && count < EXAMPLES_MAX; i++)
        MUST(input_read_all(found.gl_pathv[i], TEXT_BYTES_MAX, arena, &examples[count++], must));
    globfree(&found);
    return count;
}

static Text printed(const DummyAnswer *answer, TableFormat format)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    for (size_t i = 0; i < answer->table_count; i++)
        released_table_print(answer->tables[i], format, out);
    (void)fclose(out);
    Text copy = text_copy(arena, (Text){text, length});
    free(text);
    return copy;
}

Test(dummy, each_example_has_people_on_both_sides_of_each_definition)
{
    Text examples[EXAMPLES_MAX];
    size_t count = find_examples(examples);

    cr_assert_gt(count, 15);
    for (size_t i = 0; i < count; i++) {
        SCOPED(dummy_answer_close) DummyAnswer answer = {0};
        ask(examples[i], 1, NULL, &answer);
        cr_expect_eq(answer.unmet, 0, "%.*s", TEXT_ARG(examples[i]));
        cr_expect_gt(answer.table_count, 0);
        expect_both_sides(&answer, examples[i]);
    }
}

/* The same test as above, with what it tests switched off. */
Test(dummy, random_data_alone_lack_what_queries_define)
{
    Text examples[EXAMPLES_MAX];
    size_t count = find_examples(examples), lacking = 0;

    dummy_is_random = true;
    for (size_t i = 0; i < count; i++) {
        SCOPED(dummy_answer_close) DummyAnswer answer = {0};
        ask(examples[i], 1, NULL, &answer);
        lacking += answer.unmet > 0;
    }
    dummy_is_random = false;

    cr_expect_gt(2 * lacking, count, "%zu of %zu", lacking, count);
}

static const Text asked = TEXT("query \"q\" project P as at 2026-06-30 codes d = (\"44054006\", \"73211*\")\n"
                               "let seen = exists gp_event where code in d and event_date within 12 months "
                               "before as_at\n"
                               "cohort age from 40 to 74 and seen table \"t\" by sex measure people");

Test(dummy, the_same_seed_gives_the_same_and_another_something_else)
{
    SCOPED(dummy_answer_close) DummyAnswer one = {0};
    SCOPED(dummy_answer_close) DummyAnswer same = {0};
    SCOPED(dummy_answer_close) DummyAnswer other = {0};

    ask(asked, 5, NULL, &one);
    ask(asked, 5, NULL, &same);
    ask(asked, 6, NULL, &other);

    cr_expect(text_equal(printed(&one, TABLE_JSON), printed(&same, TABLE_JSON)));
    cr_expect_not(text_equal(printed(&one, TABLE_JSON), printed(&other, TABLE_JSON)));
}

Test(dummy, each_line_says_that_it_is_of_nobody)
{
    static const TableFormat formats[] = {TABLE_TERMINAL, TABLE_CSV};
    SCOPED(dummy_answer_close) DummyAnswer answer = {0};

    ask(asked, 5, NULL, &answer);

    for (size_t f = 0; f < 2; f++) {
        Text text = printed(&answer, formats[f]);
        cr_assert_gt(text.length, 0);
        while (text.length > 0) {
            Text line = text_next(&text, '\n');
            cr_expect(text_starts_with(line, TEXT("DUMMY")) || text_starts_with(line, TEXT("# DUMMY ")),
                      "%.*s", TEXT_ARG(line));
        }
    }
    const char *json = printed(&answer, TABLE_JSON).data;
    cr_expect_not_null(strstr(json, "\"dummy\":true"));
    cr_expect_not_null(strstr(json, "\"title\":\"DUMMY DATA, OF NOBODY: t\""));
}

Test(dummy, the_data_stand_at_the_bounds_of_windows_and_codes_and_beyond)
{
    static const char *const events[] = {
        ",2025-07-01,", ",2025-06-30,", ",2026-06-30,",  ",2026-07-01,",
        ",44054006,",   ",73211999000", ",99999999005,", ",99999998002,", /* what begins so, and others */
    };
    const char *folder = support_folder();
    SCOPED(dummy_answer_close) DummyAnswer answer = {0};

    ask(asked, 5, folder, &answer);

    const char *text = file_of(folder, "dummy_gp_event.csv");
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        cr_expect_not_null(strstr(text, events[i]), "%s", events[i]);
    text = file_of(folder, "dummy_person.csv");
    cr_expect_not_null(strstr(text, ",1986,6,"), "40 years old this month");
    cr_expect_not_null(strstr(text, ",1986,7,"), "40 next month");
    cr_expect_not_null(strstr(text, ",,,"), "and somebody of unknown birth");
    while (*text != '\0') {
        cr_expect_eq(strncmp(text, "DUMMY,", 6), 0);
        text += strcspn(text, "\n") + 1;
    }
}

Test(dummy, the_command_needs_no_data_folder_and_writes_over_nothing)
{
    const char *query = EXAMPLES "/smokers-alone.cohort", *into;
    Error error = {0};
    unsetenv("CINQUE_DATA");
    into = text_format(arena, "%s/out", support_folder()).data;

    Result refused = CLI(&error, "dummy", query, "--output", into, "--people", "5", "--month", "2026-09");
    expect_failure(refused, &error, ERROR_USAGE, "--people is from 20 to 5000");
    Result done = CLI(&error, "dummy", query, "--output", into, "--people", "100", "--month", "2026-09");
    Result again = CLI(&error, "dummy", query, "--output", into, "--people", "100", "--month", "2026-09");

    cr_expect(done.ok, "%s", error.message);
    cr_expect_not_null(strstr(file_of(into, "dummy_council_tax_account.csv"), "DUMMY,home,"));
    expect_failure(again, &error, ERROR_SYSTEM, "out");
}

Test(dummy, another_word_is_one_of_the_same_column)
{
    SCOPED(dummy_answer_close) DummyAnswer answer = {0};

    ask(wanting("ward != \"DUMMY-W3\"", "ward"), 1, NULL, &answer);

    cr_expect_eq(answer.unmet, 0);
    Text lines = printed(&answer, TABLE_CSV);
    (void)text_next(&lines, '\n');
    for (Text line = text_next(&lines, '\n'); line.data[0] != '#'; line = text_next(&lines, '\n')) {
        (void)text_next(&line, ',');
        cr_expect(text_starts_with(line, TEXT("DUMMY-W")) || text_starts_with(line, TEXT("not known")) ||
                      text_starts_with(line, TEXT("all")),
                  "%.*s", TEXT_ARG(line));
    }
}

static void expect_limit(const char *part)
{
    Text text = wanting("count of gp_event >= 512 and count of apc_spell >= 512", "sex");
    const char *folder = support_folder(), *path = text_format(arena, "%s/q.cohort", folder).data;
    const char *into = text_format(arena, "%s/out", folder).data;
    Error error = {0};
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file);
    fprintf(file, "%.*s", TEXT_ARG(text));
    (void)fclose(file);
    Result done = CLI(&error, "dummy", path, "--output", into, "--people", "20");
    expect_failure(done, &error, ERROR_LIMIT, part);
    cr_expect_eq(access(into, F_OK), -1, "and no folder is left");
}

Test(dummy, records_and_time_have_an_end)
{
    size_t usual = dummy_bytes_max;

    dummy_bytes_max = 512 << 10;
    expect_limit("take fewer --people");
    dummy_bytes_max = usual;
    query_processor_us_max = 0;
    expect_limit("q.cohort:1:45: the query was stopped, as it took more than 0 s of processor time");
    query_processor_us_max = INT64_C(60000000);
}

Test(dummy, each_line_that_the_command_prints_says_so_too)
{
    static char text[1 << 16];
    const char *into = text_format(arena, "%s/out", support_folder()).data;
    Error error = {0};

    Result done = CLI(&error, "dummy", EXAMPLES "/smokers-alone.cohort", "--output", into, "--people", "50");
    cr_assert(done.ok, "%s", error.message);
    Text lines = {text, fread(text, 1, sizeof text, cr_get_redirected_stdout())};

    cr_expect_not_null(strstr(text, "DUMMY  Definitions"));
    cr_expect_not_null(strstr(text, "DUMMY  The dummy people and records are in"));
    while (lines.length > 0) {
        Text line = text_next(&lines, '\n');
        cr_expect(text_starts_with(line, TEXT("DUMMY  ")), "%.*s", TEXT_ARG(line));
    }
}
