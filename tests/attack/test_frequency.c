/* A1: commonest beside commonest. Beside each attack stands what it does to an encoding that is not hardened.
 */
#include "tests/attack/county.h"

/* Two fields of 150,000 people: of the 50 commonest values at least 40 are told. */
Test(frequency, breaks_the_control)
{
    People people = people_make(150000, 3);
    Files files = files_make(&people, people.count, 100, 5);
    Sheets sheets = sheets_of_control(&files, FIELD_GIVEN, FIELD_SEX);

    Outcome outcome = attack_frequency(&sheets, 0);

    county_say("A1 control", 100, &outcome);
    cr_expect_geq(outcome.top_lost, 40U);
    sheets_close(&sheets);
    files_close(&files);
    people_close(&people);
}

enum { FREQUENCY_KEYS = 8, COLUMNS_MAX = 256 };

/* Each column's mean over tables under keys of their own: which of two values as common as each other comes
 * first is chance, and of a hundred columns there is always one where it fell right. */
static size_t of_columns(int overlap, Outcome means[COLUMNS_MAX])
{
    size_t columns = 0;

    for (size_t key = 0; key < FREQUENCY_KEYS; key++) {
        County county = county_make(county_size(3000), overlap, true);
        columns = county.sheets.stored.columns - 1;
        cr_assert_leq(columns, (size_t)COLUMNS_MAX);
        for (size_t column = 0; column < columns; column++) {
            Outcome outcome = attack_frequency(&county.sheets, column);
            means[column].share += outcome.share / FREQUENCY_KEYS;
            means[column].base += outcome.base / FREQUENCY_KEYS;
        }
        county_close(&county);
    }
    return columns;
}

/* Every column of the table: tokens, filters under each token, classes. Switches: is_broad in
 * encoding_block_rules.c, crowd_of in encoding.c; without both the tokens of name and area give a quarter of
 * all names. */
Test(frequency, tells_no_more_of_hardened_encodings_than_guessing)
{
    static const int overlaps[] = {100, 80, 50, 20, 0};

    for (size_t o = 0; o < sizeof overlaps / sizeof overlaps[0]; o++) {
        Outcome means[COLUMNS_MAX] = {{0}}, worst = {0};
        size_t columns = of_columns(overlaps[o], means);
        for (size_t column = 0; column < columns; column++) {
            if (means[column].share - means[column].base >= worst.share - worst.base)
                worst = means[column];
            cr_expect_leq(means[column].share, outcome_bar(&means[column], overlaps[o]),
                          "column %zu at %d %%: %.4f", column, overlaps[o], means[column].share);
        }
        county_say("A1 hardened, worst column", overlaps[o], &worst);
    }
}

/* ---- a field's filters, whatever token they stand under ---- */

enum { NAMES = 2, STACKED_PEOPLE = 1500 };

static void of_names(int overlap, bool by_blocks, Outcome outcomes[NAMES])
{
    static const size_t fields[NAMES] = {FIELD_GIVEN, FIELD_FAMILY};
    County county = county_make(county_size(STACKED_PEOPLE), overlap, by_blocks);
    const EncodingOptions options = {.purpose = "attack", .key_version = 1, .by_blocks = by_blocks};
    Table own = table_encode(&county.files, county.files.plain, &options);

    for (size_t f = 0; f < NAMES; f++) {
        Sheets sheets = sheets_of_field(&county.files, &county.table, &own, fields[f]);
        outcomes[f] = attack_frequency(&sheets, 0);
        county_say(by_blocks ? "A1 filters, hardened" : "A1 filters, control", overlap, &outcomes[f]);
        sheets_close(&sheets);
    }
    table_close_rows(&own);
    county_close(&county);
}

Test(frequency, breaks_filters_that_are_equal_wherever_they_stand)
{
    Outcome outcomes[NAMES];

    of_names(100, false, outcomes);

    for (size_t f = 0; f < NAMES; f++)
        cr_expect_gt(outcomes[f].share, outcomes[f].base + 0.05, "%.4f", outcomes[f].share);
}

/* Switch: salt_chunks in encoding_filter.c. */
Test(frequency, tells_no_name_by_its_filters_under_all_tokens)
{
    static const int overlaps[] = {100, 80};

    for (size_t o = 0; o < sizeof overlaps / sizeof overlaps[0]; o++) {
        Outcome outcomes[NAMES];
        of_names(overlaps[o], true, outcomes);
        for (size_t f = 0; f < NAMES; f++)
            cr_expect_leq(outcomes[f].share, outcome_bar(&outcomes[f], overlaps[o]), "%d %%: %.4f",
                          overlaps[o], outcomes[f].share);
    }
}
