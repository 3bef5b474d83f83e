#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/input.h"
#include "county_files.h"
#include "synth/county.h"
#include "synth/life.h"

static Text whole_file(const CountyFiles *files, const char *path)
{
    Error error = {0};
    Text content;

    cr_assert(
        input_read_all(county_files_path(files, text_from(path)), 1 << 28, files->arena, &content, &error)
            .ok);
    return content;
}

static bool holds(Text content, Text identifier)
{
    return memmem(content.data, content.length, identifier.data, identifier.length) != NULL;
}

static int compare_texts(const void *a, const void *b)
{
    return text_compare(*(const Text *)a, *(const Text *)b);
}

enum { CANARIES = 40, KINDS = 10 };

Test(canary, each_has_marked_identifiers_that_nobody_else_has)
{
    SynthOptions options = synth_options_default();
    options.people = 1500;
    options.months = 1;
    options.canaries = CANARIES;
    CountyFiles files = county_files_make(&options);
    CsvFile canaries = csv_open(&files, TEXT("truth/canaries.csv"), ',');
    Text identifiers[CANARIES * KINDS];
    size_t count = 0;

    while (csv_next(&canaries)) {
        cr_assert_lt(count, CANARIES * KINDS);
        identifiers[count++] = csv_field(&canaries, 2);
    }
    qsort(identifiers, count, sizeof *identifiers, compare_texts);

    cr_expect_eq(count, CANARIES * KINDS);
    for (size_t i = 1; i < count; i++)
        cr_expect_not(text_equal(identifiers[i - 1], identifiers[i]));
    county_files_close(&files);
}

Test(canary, their_identifiers_are_in_the_extracts_of_every_month)
{
    SynthOptions options = synth_options_default();
    options.people = 1500;
    options.months = 2;
    options.canaries = CANARIES;
    CountyFiles files = county_files_make(&options);
    CsvFile canaries = csv_open(&files, TEXT("truth/canaries.csv"), ',');
    Text first = whole_file(&files, "extracts/2026-07/patient_list/kent-icb.csv");
    Text second = whole_file(&files, "extracts/2026-08/patient_list/kent-icb.csv");
    Text events = whole_file(&files, "extracts/2026-07/gp_event/kent-icb.csv");
    int in_lists = 0, local_ids = 0;

    while (csv_next(&canaries)) {
        Text kind = csv_field(&canaries, 1), identifier = csv_field(&canaries, 2);
        local_ids += text_equal(kind, TEXT("local_id")) && holds(events, identifier);
        if (text_equal(kind, TEXT("local_id")) || text_equal(kind, TEXT("ni_number")))
            continue;
        cr_expect(holds(first, identifier) && holds(second, identifier), "%.*s", TEXT_ARG(kind));
        in_lists++;
    }

    cr_expect_eq(in_lists, CANARIES * 6);
    cr_expect_gt(local_ids, CANARIES / 2);
    county_files_close(&files);
}

Test(canary, a_county_without_them_has_none)
{
    SynthOptions options = synth_options_default();
    options.people = 1500;
    options.months = 1;
    CountyFiles files = county_files_make(&options);

    Text list = whole_file(&files, "extracts/2026-07/patient_list/kent-icb.csv");

    cr_expect_not(holds(list, TEXT("CANARY")));
    cr_expect_not(holds(list, TEXT("ZQ1 ")));
    county_files_close(&files);
}

Test(canary, none_dies_leaves_moves_or_marries_in_three_years)
{
    SynthOptions options = synth_options_default();
    options.people = 1500;
    options.canaries = 150;
    County county;
    county_build(&county, &options);
    size_t settled = 0, canaries = 0, wrong = 0, deaths = 0;

    for (Month month = options.first_month; month < options.first_month + 36; month++) {
        county.month = month;
        county.first_day = month_first_day(month);
        county.last_day = month_last_day(month);
        life_month(&county);
    }
    for (size_t p = 0; p < county.person_count; p++) {
        const Person *who = &county.people[p];
        deaths += who->death != DATE_NONE;
        if (who->canary == 0)
            continue;
        canaries++;
        const Stay *stay = county_last_stay(&county, who);
        settled += stay->previous == NO_STAY || strcmp(stay->reason, "MRG") == 0;
        wrong += who->dwelling != who->canary - 1U || who->superseded != 0;
    }

    cr_expect_gt(deaths, 20, "others do");
    cr_expect_eq(canaries, 150);
    cr_expect_eq(settled, 150, "only a merger of practices begins another stay");
    cr_expect_eq(wrong, 0);
    county_close(&county);
}
