/*
 * Dummy data by the shipped specs. The control is dummy_is_random: switched on, nothing is wished for, and
 * the same people and records lack what the queries define.
 */
#include <glob.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/input.h"
#include "cli/dummy.h"
#include "query/dummy.h"
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

static void open_specs(void)
{
    arena = arena_create(64 << 20);
    MUST(dummy_shipped(arena, &sources, &source_count, must));
    cr_redirect_stdout();
}

static void close_specs(void)
{
    arena_close(&arena);
}

TestSuite(dummy, .init = open_specs, .fini = close_specs);

static void open_query(Text text, Query **query)
{
    const QueryFiles files = {.codes_folder = EXAMPLES};
    Error error = {0};

    MUST(query_open_dummy(sources, source_count, "q.cohort", text, &files, query, must));
    if (query_check_set(*query, &error).ok)
        return;
    MUST(query_set(*query, TEXT("area"), TEXT("Dover"), must));
    MUST(query_set(*query, TEXT("from_age"), TEXT("65"), must));
}

static void ask(Text text, uint64_t seed, const char *folder, DummyAnswer *answer)
{
    SCOPED(query_close) Query *query = NULL;
    const DummyWanted wanted = {.people = PEOPLE, .seed = seed, .month = MONTH, .folder = folder};

    open_query(text, &query);
    MUST(query_dummy(query, sources, &wanted, answer, must));
}

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

/* definition,yes,no,... of which yes and no are people of one definition */
static void expect_both_sides(const DummyAnswer *answer, Text example)
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

static const char *file_of(const char *folder, const char *name)
{
    Text text;

    MUST(input_read_all(text_format(arena, "%s/%s", folder, name).data, 8 << 20, arena, &text, must));
    return text_to_string(arena, text);
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

static Text field(Text line, size_t index)
{
    for (size_t i = 0; i < index; i++)
        (void)text_next(&line, ',');
    return text_next(&line, ',');
}

static Text wanting(const char *cohort, const char *by)
{
    return text_format(arena,
                       "query \"q\" project P as at 2026-06-30 cohort %s table \"t\" by %s measure people",
                       cohort, by);
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

static size_t column_named(Text heading, const char *name)
{
    size_t index = 0;

    while (heading.length > 0 && !text_equal(text_next(&heading, ','), text_from(name)))
        index++;
    return index;
}

/* DATE_NONE: not known */
static void read_births(const char *folder, Date *born)
{
    Text people = text_from(file_of(folder, "dummy_person.csv")), heading = text_next(&people, '\n');
    size_t of_year = column_named(heading, "birth_year"), of_month = column_named(heading, "birth_month");
    int64_t number, year, month;

    while (people.length > 0) {
        Text line = text_next(&people, '\n');
        cr_assert(text_to_int64(field(line, 1), &number) && number < PEOPLE);
        born[number] =
            text_to_int64(field(line, of_year), &year) && text_to_int64(field(line, of_month), &month)
                ? date_from_civil((int)year, (int)month, 1)
                : DATE_NONE;
    }
}

static size_t expect_after_birth(const char *folder, const char *file, const char *column)
{
    Date born[PEOPLE], day;
    Text lines = text_from(file_of(folder, file)), heading = text_next(&lines, '\n');
    size_t of_day = column_named(heading, column), compared = 0;
    int64_t number;

    read_births(folder, born);
    while (lines.length > 0) {
        Text line = text_next(&lines, '\n');
        cr_assert(text_to_int64(field(line, 1), &number) && number < PEOPLE);
        if (!date_parse(field(line, of_day), &day) || born[number] == DATE_NONE)
            continue;
        cr_expect_geq(day, born[number], "%s: %.*s", file, TEXT_ARG(line));
        compared++;
    }
    return compared;
}

Test(dummy, nothing_is_dated_before_its_person_is_born)
{
    const char *folder = support_folder();
    SCOPED(dummy_answer_close) DummyAnswer answer = {0};

    ask(wanting("age < 3 and ((exists gp_event where event_date < 2025-06-30) or exists death)", "sex"), 1,
        folder, &answer);

    cr_expect_eq(answer.unmet, 0);
    cr_expect_gt(expect_after_birth(folder, "dummy_gp_event.csv", "clinical_effective_date"), 100);
    cr_expect_gt(expect_after_birth(folder, "dummy_gp_event.csv", "date_recorded"), 100);
    cr_expect_gt(expect_after_birth(folder, "dummy_registration.csv", "valid_from"), 50);
    cr_expect_gt(expect_after_birth(folder, "dummy_registration.csv", "valid_to"), 0);
    cr_expect_gt(expect_after_birth(folder, "dummy_death.csv", "date_of_death"), 5);
}

Test(dummy, nobody_has_what_was_recorded_before_they_are_born)
{
    static const char *const never[] = {
        "age < 5 and exists gp_event where event_date < 2015-01-01",
        "age < 5 and registered at 2015-01-01",
        "age < 5 and exists death where event_date < 2015-01-01",
    };

    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        SCOPED(dummy_answer_close) DummyAnswer answer = {0};
        ask(wanting(never[i], "sex"), 1, NULL, &answer);
        cr_expect_eq(answer.unmet, 1, "%s", never[i]);
    }
}

Test(dummy, the_young_have_what_they_are_just_old_enough_for)
{
    static const char *const possible[] = {
        "age < 10 and exists gp_event where event_date from 2017-01-01 to 2017-12-31",
        "age < 5 and registered at 2022-01-01",
        "age < 12 and count of gp_event where event_date < 2016-01-01 >= 4",
    };

    for (size_t i = 0; i < sizeof possible / sizeof *possible; i++) {
        SCOPED(dummy_answer_close) DummyAnswer answer = {0};
        ask(wanting(possible[i], "sex"), 1, NULL, &answer);
        cr_expect_eq(answer.unmet, 0, "%s", possible[i]);
        expect_both_sides(&answer, text_from(possible[i]));
    }
}

static const DummyColumn *column_of(Text source, Text name)
{
    for (size_t s = 0; s < source_count; s++)
        for (size_t c = 0; text_equal(sources[s].name, source) && c < sources[s].column_count; c++)
            if (text_equal(sources[s].columns[c].name, name))
                return &sources[s].columns[c];
    return NULL;
}

static bool can_have(const DummyColumn *column, Text cell)
{
    char text[DUMMY_TEXT_BYTES_MAX];
    size_t length;

    if (column->form != NULL)
        return column->text_of(column->form, cell, 0, text, &length) &&
               text_equal((Text){text, length}, cell);
    for (size_t i = 0; i < column->code_count; i++)
        if (text_equal(column->codes[i], cell))
            return true;
    return false;
}

/* How many texts there are. */
static size_t expect_fitting(const char *folder, Text source)
{
    const char *file = text_format(arena, "dummy_%.*s.csv", TEXT_ARG(source)).data;
    Text lines = text_from(file_of(folder, file)), heading = text_next(&lines, '\n');
    size_t compared = 0;

    while (lines.length > 0) {
        Text line = text_next(&lines, '\n'), names = heading;
        while (names.length > 0) {
            Text name = text_next(&names, ','), cell = text_next(&line, ',');
            const DummyColumn *column = column_of(source, name);
            if (column == NULL || !text_equal(column->type, TEXT("text")) || cell.length == 0)
                continue;
            cr_expect(can_have(column, cell), "%.*s: %.*s", TEXT_ARG(name), TEXT_ARG(cell));
            compared++;
        }
    }
    return compared;
}

Test(dummy, each_text_is_of_the_list_shape_or_check_of_its_column)
{
    const char *folder = support_folder();
    SCOPED(dummy_answer_close) DummyAnswer answer = {0};

    ask(wanting(
            "(exists gp_event where code in (\"44054006\", \"E11*\", \"73211*\") and units != \"mg\") and "
            "(exists apc_spell where primary_diagnosis in (\"E1*\", \"44054006\", \"I21\") and "
            "admission_method != \"21\") and "
            "value of core_hrg in first apc_spell by admission_date != \"AA99A\"",
            "sex"),
        1, folder, &answer);

    cr_expect_eq(answer.unmet, 0);
    cr_expect_gt(expect_fitting(folder, TEXT("gp_event")), 400);
    cr_expect_gt(expect_fitting(folder, TEXT("apc_spell")), 400);
    cr_expect_not_null(strstr(file_of(folder, "dummy_apc_spell.csv"), ",E19,"));
}

Test(dummy, nobody_has_a_code_that_its_column_cannot_have)
{
    static const char *const never[] = {
        "exists gp_event where code in (\"E11\", \"E12*\")",
        "exists apc_spell where primary_diagnosis = \"44054006\"",
        "exists apc_spell where admission_method in (\"99\", \"x*\")",
        "value of admission_method in first apc_spell by admission_date = \"99\"",
    };

    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        SCOPED(dummy_answer_close) DummyAnswer answer = {0};
        ask(wanting(never[i], "sex"), 1, NULL, &answer);
        cr_expect_eq(answer.unmet, 1, "%s", never[i]);
    }
}

/* Goes red when a sum at prices is taken for nothing that can be set. */
Test(dummy, a_bound_on_a_cost_has_people_on_both_sides)
{
    static const char *const bounds[] = {
        "sum of core_hrg at prices \"N\" of 2024/25 in apc_spell >= 5000",
        "sum of core_hrg at prices \"N\" of 2024/25 in apc_spell from 1000 to 2000",
    };

    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        SCOPED(dummy_answer_close) DummyAnswer answer = {0};
        ask(wanting(bounds[i], "sex"), 1, NULL, &answer);
        cr_expect_eq(answer.unmet, 0, "%s", bounds[i]);
        expect_both_sides(&answer, text_from(bounds[i]));
    }
}

/* The sanitizer's: nothing is worked out that does not fit. */
Test(dummy, nobody_is_as_old_as_a_number_can_be)
{
    SCOPED(dummy_answer_close) DummyAnswer answer = {0};

    ask(wanting("age > 400000000 or age - 3 > 4000000000 or days registered from 2026-01-01 to as_at > "
                "4000000000",
                "sex"),
        1, NULL, &answer);

    cr_expect_eq(answer.unmet, 1);
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
    expect_limit("processor time");
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
