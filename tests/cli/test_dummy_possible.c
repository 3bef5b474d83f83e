/* Nobody is made up whom no delivery could hold, and whoever one could is. */
#include "tests/cli/dummies.h"

TestSuite(dummy_possible, .init = open_specs, .fini = close_specs);

static void expect_impossible(const char *const *cohorts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        SCOPED(dummy_answer_close) DummyAnswer answer = {0};
        ask(wanting(cohorts[i], "sex"), 1, NULL, &answer);
        cr_expect_eq(answer.unmet, 1, "%s", cohorts[i]);
    }
}

static void expect_both_sides_of_each(const char *const *cohorts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        SCOPED(dummy_answer_close) DummyAnswer answer = {0};
        ask(wanting(cohorts[i], "sex"), 1, NULL, &answer);
        cr_expect_eq(answer.unmet, 0, "%s", cohorts[i]);
        expect_both_sides(&answer, text_from(cohorts[i]));
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

Test(dummy_possible, nothing_is_dated_before_its_person_is_born)
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

Test(dummy_possible, nobody_has_what_was_recorded_before_they_are_born)
{
    static const char *const never[] = {
        "age < 5 and exists gp_event where event_date < 2015-01-01",
        "age < 5 and registered at 2015-01-01",
        "age < 5 and exists death where event_date < 2015-01-01",
    };

    expect_impossible(never, sizeof never / sizeof *never);
}

Test(dummy_possible, the_young_have_what_they_are_just_old_enough_for)
{
    static const char *const possible[] = {
        "age < 10 and exists gp_event where event_date from 2017-01-01 to 2017-12-31",
        "age < 5 and registered at 2022-01-01",
        "age < 12 and count of gp_event where event_date < 2016-01-01 >= 4",
    };

    expect_both_sides_of_each(possible, sizeof possible / sizeof *possible);
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

Test(dummy_possible, each_text_is_of_the_list_shape_or_check_of_its_column)
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

Test(dummy_possible, nobody_has_a_code_that_its_column_cannot_have)
{
    static const char *const never[] = {
        "exists gp_event where code in (\"E11\", \"E12*\")",
        "exists apc_spell where primary_diagnosis = \"44054006\"",
        "exists apc_spell where admission_method in (\"99\", \"x*\")",
        "value of admission_method in first apc_spell by admission_date = \"99\"",
    };

    expect_impossible(never, sizeof never / sizeof *never);
}

/* Goes red when a sum at prices is taken for nothing that can be set. */
Test(dummy_possible, a_bound_on_a_cost_has_people_on_both_sides)
{
    static const char *const bounds[] = {
        "sum of core_hrg at prices \"N\" of 2024/25 in apc_spell >= 5000",
        "sum of core_hrg at prices \"N\" of 2024/25 in apc_spell from 1000 to 2000",
    };

    expect_both_sides_of_each(bounds, sizeof bounds / sizeof *bounds);
}

/* The sanitizer's: nothing is worked out that does not fit. */
Test(dummy_possible, nobody_is_as_old_as_a_number_can_be)
{
    SCOPED(dummy_answer_close) DummyAnswer answer = {0};

    ask(wanting("age > 400000000 or age - 3 > 4000000000 or days registered from 2026-01-01 to as_at > "
                "4000000000",
                "sex"),
        1, NULL, &answer);

    cr_expect_eq(answer.unmet, 1);
}
