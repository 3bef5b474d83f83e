#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "county_files.h"
#include "synth/numbers.h"

enum { PEOPLE_MAX = 20000 };

typedef struct Known {
    Text current, superseded;
} Known;

static Known *read_truth(const CountyFiles *files, size_t *count)
{
    CsvFile truth = csv_open(files, TEXT("truth/truth.csv"), ',');
    Known *known = arena_alloc(files->arena, PEOPLE_MAX * sizeof *known);

    *count = 1; /* person numbers begin with 1 */
    while (csv_next(&truth)) {
        int64_t person;
        cr_assert(text_to_int64(csv_field(&truth, 0), &person));
        cr_assert_eq((size_t)person, *count);
        known[(*count)++] = (Known){csv_field(&truth, 1), csv_field(&truth, 2)};
    }
    return known;
}

static void expect_valid(Text number)
{
    int64_t value;

    cr_assert_eq(number.length, 10);
    cr_assert(text_to_int64(number, &value));
    cr_expect_eq(numbers_check_digit((uint32_t)(value / 10)), value % 10);
    cr_expect(text_starts_with(number, TEXT("999")));
}

static int compare_numbers(const void *a, const void *b)
{
    return text_compare(*(const Text *)a, *(const Text *)b);
}

Test(truth, all_nhs_numbers_are_valid_in_the_declared_range_and_nobody_shares_one)
{
    SynthOptions options = synth_options_default();
    options.people = 6000;
    CountyFiles files = county_files_make(&options);
    size_t count, numbers = 0;
    const Known *known = read_truth(&files, &count);
    Text *all = arena_alloc(files.arena, 2 * count * sizeof *all);

    for (size_t i = 1; i < count; i++) {
        expect_valid(known[i].current);
        all[numbers++] = known[i].current;
        if (known[i].superseded.length == 0)
            continue;
        expect_valid(known[i].superseded);
        all[numbers++] = known[i].superseded;
    }
    qsort(all, numbers, sizeof *all, compare_numbers);

    cr_expect_gt(numbers, count, "some numbers were superseded");
    for (size_t i = 1; i < numbers; i++)
        cr_expect_not(text_equal(all[i - 1], all[i]));
    county_files_close(&files);
}

static Text without_spaces(Arena *arena, Text text)
{
    char *out = arena_alloc(arena, text.length + 1);
    size_t length = 0;

    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] != ' ')
            out[length++] = text.data[i];
    return (Text){out, length};
}

typedef struct Carried {
    int64_t clean, missing, wrong;
} Carried;

static size_t nhs_column(const CsvFile *rows)
{
    for (size_t i = 0; i < rows->field_count; i++)
        if (text_equal(rows->fields[i], TEXT("nhs_number")) ||
            text_equal(rows->fields[i], TEXT("NHS Number")) ||
            text_equal(rows->fields[i], TEXT("nhs_number_value")))
            return i;
    cr_assert_fail("no column for the NHS number");
    return 0;
}

static Carried check_numbers(const CountyFiles *files, Text path, const Known *known)
{
    CsvFile rows = csv_open(files, path, ',');
    size_t count, column = nhs_column(&rows);
    const LinkRow *links = county_files_links(files, path, &count);
    Carried carried = {0};

    while (csv_next(&rows)) {
        cr_assert_lt((size_t)rows.line, count);
        const LinkRow *link = &links[rows.line];
        Text number = without_spaces(files->arena, csv_field(&rows, column));
        bool is_own = number.length > 0 && (text_equal(number, known[link->person].current) ||
                                            text_equal(number, known[link->person].superseded));
        cr_expect_eq(is_own, link->is_clean, "%.*s line %d", TEXT_ARG(path), rows.line);
        carried.clean += is_own;
        carried.missing += number.length == 0;
        carried.wrong += number.length > 0 && !is_own;
    }
    return carried;
}

Test(truth, a_row_told_as_clean_carries_its_persons_number_and_no_other_row_does)
{
    static const char *const paths[] = {
        "extracts/2026-07/patient_list/kent-icb.csv",
        "extracts/2026-07/patient_merger/kent-icb.csv",
        "extracts/2026-07/opt_out/nhs-england.csv",
        "extracts/2026-07/apc_spell/kent-icb.csv",
        "extracts/2026-07/ec_attendance/kent-icb.csv",
        "extracts/2026-07/gp_event/kent-icb.csv",
        "extracts/2026-07/social_care_event/kent-county-council.csv",
        "extracts/2026-07/death/ons.csv",
    };
    SynthOptions options = synth_options_default();
    options.people = 8000;
    options.months = 1;
    CountyFiles files = county_files_make(&options);
    size_t count;
    const Known *known = read_truth(&files, &count);
    Carried all = {0};

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        Carried carried = check_numbers(&files, text_from(paths[i]), known);
        cr_expect_gt(carried.clean, 0, "%s", paths[i]);
        all.missing += carried.missing;
        all.wrong += carried.wrong;
        if (i < 3)
            cr_expect_eq(carried.missing + carried.wrong, 0, "%s: the register's own number is right",
                         paths[i]);
    }

    cr_expect_gt(all.missing, 0);
    cr_expect_gt(all.wrong, 0);
    county_files_close(&files);
}

Test(truth, a_death_is_registered_once_and_its_date_is_the_truths)
{
    static const char *const paths[] = {"extracts/2026-07/death/ons.csv", "extracts/2026-08/death/ons.csv",
                                        "extracts/2026-09/death/ons.csv"};
    SynthOptions options = synth_options_default();
    options.people = 12000;
    CountyFiles files = county_files_make(&options);
    CsvFile truth = csv_open(&files, TEXT("truth/truth.csv"), ',');
    Text *died = arena_alloc(files.arena, PEOPLE_MAX * sizeof *died);
    bool *is_registered = arena_alloc(files.arena, PEOPLE_MAX * sizeof *is_registered);
    size_t people = 1, deaths = 0, count;
    while (csv_next(&truth))
        died[people++] = csv_field(&truth, 4);

    for (size_t i = 0; i < 3; i++) {
        const LinkRow *links = county_files_links(&files, text_from(paths[i]), &count);
        CsvFile rows = csv_open(&files, text_from(paths[i]), ',');
        while (csv_next(&rows)) {
            int64_t person = links[rows.line].person;
            cr_expect_not(is_registered[person]);
            is_registered[person] = true;
            deaths++;
            if (text_equal(links[rows.line].state, TEXT("ok")))
                cr_expect(text_equal(csv_field(&rows, 7), died[person]));
        }
    }

    cr_expect(deaths >= 15 && deaths <= 60, "%zu of 12,000 people in three months", deaths);
    county_files_close(&files);
}
