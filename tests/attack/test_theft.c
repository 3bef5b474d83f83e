/* A4 by a thief of the database: the table of encodings, all of the source code, a plain file, and no key. */
#include "tests/attack/theft.h"
#include "tests/attack/views.h"
#include "tests/pseudonymise/fixture.h"

TestSuite(theft, .fini = fixture_clear);

enum { PEOPLE = 3000, GRAPH_ROWS = 600 };

typedef struct Theft {
    County county;
    Table stolen;
} Theft;

static Theft open_theft(size_t people, int overlap, bool by_blocks, bool is_sealed)
{
    char folder[FIXTURE_PATH_BYTES];
    SCOPED(keyring_close) Keyring *keyring = NULL;
    Theft theft = {.county = county_make(people, overlap, by_blocks)};
    Error error = {0};

    if (access(fixture_path("keyring", folder), F_OK) != 0)
        cr_assert(keyring_create(folder, NULL, &error).ok, "%s", error.message);
    cr_assert(keyring_open(folder, &keyring, &error).ok, "%s", error.message);
    theft.stolen = theft_make(&theft.county.table, keyring, is_sealed);
    return theft;
}

static void close_theft(Theft *theft)
{
    table_close_rows(&theft->stolen);
    county_close(&theft->county);
}

static Outcome by_structure(const Theft *theft)
{
    Sheets sheets = theft_sheets(&theft->county, &theft->stolen);
    Outcome outcome = attack_structure(&sheets, &theft->county.files);

    sheets_close(&sheets);
    return outcome;
}

/* Without hardening, which is the thief's best case: what is stored as it is made is broken. */
Test(theft, breaks_encodings_that_are_stored_as_they_are)
{
    SCOPED(close_theft) Theft theft = open_theft(county_size(PEOPLE), 100, false, false);

    Outcome outcome = by_structure(&theft);

    county_say("A4 structure, stored as it is", 100, &outcome);
    cr_expect_gt(outcome.share, 0.5, "%.4f", outcome.share);
}

/* Switch: encoding_seal in theft_make, as ingest/encodings.c calls it; what it gives unsealed turns this red.
 */
Test(theft, of_the_table_alone_leads_to_nobody)
{
    static const int overlaps[] = {100, 80};

    for (size_t o = 0; o < sizeof overlaps / sizeof overlaps[0]; o++) {
        SCOPED(close_theft) Theft theft = open_theft(county_size(PEOPLE), overlaps[o], false, true);
        Outcome outcome = by_structure(&theft);
        county_say("A4 structure, sealed", overlaps[o], &outcome);
        cr_expect_lt(outcome.share, 0.01, "%d %%: %.4f", overlaps[o], outcome.share);
    }
}

/* Switch: the zeros of seal_part in pseudonymise/encoding_seal.c. */
Test(theft, of_the_table_tells_nobody_by_the_length_of_a_row)
{
    SCOPED(close_theft) Theft plain = open_theft(PEOPLE, 100, true, false);
    SCOPED(close_theft) Theft sealed = open_theft(PEOPLE, 100, true, true);

    cr_expect_gt(theft_lengths(&plain.stolen), 10U, "as they are they would tell");
    cr_expect_eq(theft_lengths(&sealed.stolen), 1U);
}

/* The attacker holds even the plain file's own encodings under the same key. Switch: as above. */
Test(theft, of_the_table_has_no_likeness_to_follow)
{
    SCOPED(close_theft) Theft theft = open_theft(GRAPH_ROWS, 100, true, true);
    BitRows bits = theft_bits(&theft.stolen);
    Likeness stored = likeness_of_filters(&bits), known = likeness_of_table(&theft.county.table);

    Outcome outcome = attack_similar(&stored, &known, &theft.county.files);

    county_say("A4 likeness, sealed", 100, &outcome);
    cr_expect_lt(outcome.share, 0.02, "%.4f", outcome.share);
    likeness_close(&known);
    likeness_close(&stored);
    bits_close(&bits);
}
