#include "synth/synth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "county_files.h"

enum { PATH_BYTES = TEMPORARY_PATH_BYTES + 32 };

static SynthOptions small_county(uint64_t seed)
{
    SynthOptions options = synth_options_default();

    options.people = 1200;
    options.seed = seed;
    return options;
}

Test(synth, the_same_options_make_the_same_bytes)
{
    SynthOptions options = small_county(5);

    CountyFiles one = county_files_make(&options), again = county_files_make(&options);
    Hash first = county_files_hash(&one), second = county_files_hash(&again);

    cr_expect_arr_eq(first.bytes, second.bytes, HASH_BYTES);
    county_files_close(&one);
    county_files_close(&again);
}

Test(synth, another_seed_makes_another_county)
{
    SynthOptions options = small_county(5), other_options = small_county(6);

    CountyFiles one = county_files_make(&options), other = county_files_make(&other_options);
    Hash first = county_files_hash(&one), second = county_files_hash(&other);

    cr_expect_arr_neq(first.bytes, second.bytes, HASH_BYTES);
    county_files_close(&one);
    county_files_close(&other);
}

Test(synth, a_month_is_the_same_whether_or_not_more_months_follow)
{
    SynthOptions one_month = small_county(5), two_months = small_county(5);
    one_month.months = 1;
    two_months.months = 2;

    CountyFiles one = county_files_make(&one_month), two = county_files_make(&two_months);
    Text path = TEXT("extracts/2026-07/gp_event/kent-icb.csv");
    CsvFile a = csv_open(&one, path, ','), b = csv_open(&two, path, ',');

    cr_expect_gt(a.rest.length, 10000);
    cr_expect(text_equal(a.rest, b.rest));
    county_files_close(&one);
    county_files_close(&two);
}

Test(synth, the_report_counts_the_rows_that_are_in_the_files)
{
    SynthOptions options = small_county(5);

    CountyFiles files = county_files_make(&options);
    CsvFile links = csv_open(&files, TEXT("truth/links.csv"), ',');
    int64_t rows[SYNTH_SOURCE_COUNT] = {0}, total = 0;
    while (csv_next(&links))
        for (int i = 0; i < SYNTH_SOURCE_COUNT; i++)
            rows[i] += text_equal(csv_field(&links, 0), text_from(synth_source_name((SynthSource)i)));

    for (int i = SYNTH_PATIENT_LIST; i < SYNTH_SOURCE_COUNT; i++)
        cr_expect_eq(files.report.rows[i], rows[i], "%s", synth_source_name((SynthSource)i));
    for (int i = 0; i < SYNTH_SOURCE_COUNT; i++)
        total += files.report.rows[i];
    cr_expect_eq(files.report.rows_total, total);
    cr_expect_geq(files.report.people, 1200);
    cr_expect_gt(files.report.bytes, 1000000);
    county_files_close(&files);
}

typedef struct DeliveryCounts {
    int nil, replacements, again, late, all;
} DeliveryCounts;

static DeliveryCounts count_deliveries(const CountyFiles *files)
{
    CsvFile deliveries = csv_open(files, TEXT("deliveries.csv"), ',');
    DeliveryCounts counts = {0};
    Text newest = TEXT("");

    while (csv_next(&deliveries)) {
        Text source = csv_field(&deliveries, 0), period = csv_field(&deliveries, 2);
        bool is_late = text_compare(period, newest) < 0;
        counts.all++;
        counts.nil += csv_field(&deliveries, 4).length == 0;
        counts.replacements += text_equal(csv_field(&deliveries, 5), TEXT("yes"));
        counts.again += is_late && text_equal(source, TEXT("death"));
        counts.late += is_late && text_equal(source, TEXT("social_care_event"));
        newest = is_late ? newest : period;
    }
    return counts;
}

Test(synth, three_months_hold_a_nil_return_a_correction_a_resubmission_and_a_late_delivery)
{
    SynthOptions options = small_county(5);

    CountyFiles files = county_files_make(&options);
    DeliveryCounts counts = count_deliveries(&files);

    cr_expect_eq(counts.nil, 1);
    cr_expect_eq(counts.replacements, 1);
    cr_expect_eq(counts.again, 1);
    cr_expect_eq(counts.late, 1);
    cr_expect_eq(counts.all, files.report.deliveries);
    /* Two look-ups once; 24 files a month, of which one is a nil return; a correction and a resubmission
     * more. */
    cr_expect_eq(counts.all, 2 + 3 * 24 + 2);
    county_files_close(&files);
}

Test(synth, options_out_of_range_are_refused)
{
    SynthOptions usual = synth_options_default();
    char never[TEMPORARY_PATH_BYTES];
    usual.out_folder = temporary_path("synth-never", never);
    SynthOptions wrong[9];
    for (size_t i = 0; i < 9; i++)
        wrong[i] = usual;
    wrong[0].people = 0;
    wrong[1].people = SYNTH_PEOPLE_MAX + 1;
    wrong[2].months = 0;
    wrong[3].months = SYNTH_MONTHS_MAX + 1;
    wrong[4].canaries = -1;
    wrong[5].canaries = SYNTH_CANARIES_MAX + 1;
    wrong[6].people = 100;
    wrong[6].canaries = 11;
    wrong[7].out_folder = NULL;
    wrong[8].first_month = 0;

    for (size_t i = 0; i < 9; i++) {
        Error error = {0};
        Result result = synth_county(&wrong[i], NULL, &error);
        cr_expect_not(result.ok, "option %zu", i);
        cr_expect_eq(error.code, ERROR_CONFIG, "option %zu", i);
    }
    cr_expect_neq(access(never, F_OK), 0, "nothing was written");
}

Test(synth, a_folder_that_holds_something_else_is_refused)
{
    char folder[TEMPORARY_PATH_BYTES], path[PATH_BYTES];
    Error error = {0};
    SynthOptions options = small_county(1);
    cr_assert_not_null(mkdtemp(temporary_path("synth-XXXXXX", folder)));
    (void)snprintf(path, sizeof path, "%s/letters.txt", folder);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    (void)fclose(file);

    options.out_folder = folder;
    Result result = synth_county(&options, NULL, &error);

    cr_expect_not(result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    (void)unlink(path);
    (void)rmdir(folder);
}

Test(synth, a_folder_that_is_a_file_is_an_error)
{
    Error error = {0};
    SynthOptions options = small_county(1);
    options.out_folder = "/dev/null";

    Result result = synth_county(&options, NULL, &error);

    cr_expect_not(result.ok);
    cr_expect_eq(error.code, ERROR_SYSTEM);
}

Test(synth, a_month_that_cannot_be_written_is_an_error_without_leaks)
{
    char folder[TEMPORARY_PATH_BYTES], path[PATH_BYTES], truth[PATH_BYTES], links[PATH_BYTES];
    Error error = {0};
    SynthOptions options = small_county(1);
    cr_assert_not_null(mkdtemp(temporary_path("synth-XXXXXX", folder)));
    (void)snprintf(truth, sizeof truth, "%s/truth", folder);
    (void)snprintf(links, sizeof links, "%s/truth/links.csv", folder);
    (void)snprintf(path, sizeof path, "%s/extracts", folder);
    cr_assert_eq(mkdir(truth, 0777), 0);
    FILE *file = fopen(path, "w"); /* where the folder of the extracts has to be */
    cr_assert_not_null(file);
    (void)fclose(file);

    options.out_folder = folder;
    Result result = synth_county(&options, NULL, &error);

    cr_expect_not(result.ok);
    cr_expect_eq(error.code, ERROR_SYSTEM);
    (void)unlink(links);
    (void)unlink(path);
    (void)rmdir(truth);
    (void)rmdir(folder);
}
