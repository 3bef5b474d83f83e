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

/* Every column of the table: tokens, filters under each token, classes. Switches: is_broad in
 * encoding_block.c, crowd_of in encoding.c; without both the tokens of name and area give a quarter of all
 * names. */
Test(frequency, tells_no_more_of_hardened_encodings_than_guessing)
{
    static const int overlaps[] = {100, 80, 50, 20, 0};

    for (size_t o = 0; o < sizeof overlaps / sizeof overlaps[0]; o++) {
        County county = county_make(county_size(3000), overlaps[o], true);
        Outcome worst = {0};
        for (size_t column = 0; column + 1 < county.sheets.stored.columns; column++) {
            Outcome outcome = attack_frequency(&county.sheets, column);
            if (outcome.share - outcome.base >= worst.share - worst.base)
                worst = outcome;
            cr_expect_leq(outcome.share, outcome_bar(&outcome, overlaps[o]), "column %zu at %d %%: %.4f",
                          column, overlaps[o], outcome.share);
        }
        county_say("A1 hardened, worst column", overlaps[o], &worst);
        county_close(&county);
    }
}
