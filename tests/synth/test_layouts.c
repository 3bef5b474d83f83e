#include "synth/layouts.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/input.h"
#include "county_files.h"

/* "  - { name: uprn, use: ..." or the same with the name in quotation marks. */
static bool column_name(Text line, Text *name)
{
    Text start = TEXT("  - { name: ");
    if (!text_starts_with(line, start))
        return false;
    Text rest = text_slice(line, start.length, line.length);
    if (rest.data[0] == '"') {
        rest = text_slice(rest, 1, rest.length);
        *name = text_next(&rest, '"');
    } else {
        *name = text_next(&rest, ',');
    }
    return true;
}

static size_t count_columns(Text *spec, const Layout *layout)
{
    size_t count = 0;
    bool is_in_columns = false;

    while (spec->length > 0) {
        Text line = text_next(spec, '\n'), name;
        is_in_columns = is_in_columns || text_equal(line, TEXT("columns:"));
        if (text_equal(line, TEXT("rules:")))
            break;
        if (!is_in_columns || !column_name(line, &name))
            continue;
        cr_assert_lt(count, layout->column_count, "%s", layout->name);
        cr_expect(text_equal(name, text_from(layout->columns[count])), "%s column %zu", layout->name,
                  count + 1);
        count++;
    }
    return count;
}

Test(layouts, headers_are_those_of_the_source_specs)
{
    Arena *arena = arena_create(1 << 20);

    for (int i = 0; i < SYNTH_SOURCE_COUNT; i++) {
        char path[512];
        Error error = {0};
        Text spec;
        (void)snprintf(path, sizeof path, "%s/../../sources/%s.yaml", TEST_FILES, LAYOUTS[i].name);
        cr_assert(input_read_all(path, 1 << 16, arena, &spec, &error).ok, "%s", error.message);

        size_t count = count_columns(&spec, &LAYOUTS[i]);

        cr_expect_eq(count, LAYOUTS[i].column_count, "%s", LAYOUTS[i].name);
    }
    arena_close(&arena);
}

typedef struct Tally {
    int64_t rows, malformed, ragged;
} Tally;

static void check_file(const CountyFiles *files, Text source, Text path, Tally *tally)
{
    bool is_piped = text_equal(source, TEXT("council_tax_account"));
    CsvFile rows = csv_open(files, path, is_piped ? '|' : ',');
    size_t columns = rows.field_count, count;
    const LinkRow *links = county_files_links(files, path, &count);
    int64_t in_file = 0, malformed = 0;

    while (csv_next(&rows)) {
        bool is_malformed =
            (size_t)rows.line < count && text_equal(links[rows.line].state, TEXT("malformed"));
        cr_expect(is_malformed || rows.field_count == columns, "%.*s line %d", TEXT_ARG(path), rows.line);
        in_file++;
        malformed += is_malformed;
        tally->ragged += rows.field_count != columns;
    }
    cr_expect_leq(malformed * 200, in_file, "%.*s: specs would refuse it", TEXT_ARG(path));
    tally->rows += in_file;
    tally->malformed += malformed;
}

Test(layouts, only_rows_told_as_malformed_are_ragged_and_they_stay_under_every_rejection_limit)
{
    SynthOptions options = synth_options_default();
    options.people = 3000;
    options.months = 1;
    Tally tally = {0};

    CountyFiles files = county_files_make(&options);
    CsvFile deliveries = csv_open(&files, TEXT("deliveries.csv"), ',');
    while (csv_next(&deliveries))
        check_file(&files, csv_field(&deliveries, 0), csv_field(&deliveries, 4), &tally);

    cr_expect_eq(tally.rows, files.report.rows_total);
    cr_expect_gt(tally.ragged, 0);
    cr_expect_gt(tally.malformed, tally.ragged, "some have a bad date or code instead");
    county_files_close(&files);
}
