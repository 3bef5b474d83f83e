/* A7: encodings of the same people for two purposes, joined by a classifier of all that two rows have in
 * common: which fields and tokens there are, classes of commonness, lengths, ones of the filters. What of it
 * is stored is joined in test_stored.c. */
#include <math.h>

#include "tests/attack/county.h"
#include "tests/attack/joined.h"
#include "tests/pseudonymise/fixture.h"

static const double HEADS_STATED = 0.90;

enum { PEOPLE = 3000 };

static double ones_of(const uint8_t *row, size_t field)
{
    size_t bytes, views = 0;
    int ones = 0;

    for (size_t rule = 0; rule < row[9] && (row_fields(row) >> field & 1) != 0; rule++) {
        if ((row_rules(row) >> rule & 1) == 0)
            continue;
        const uint8_t *filter = row_filter(row, rule, field, &bytes);
        for (size_t i = 0; i < bytes; i++)
            ones += __builtin_popcount(filter[i]);
        views++;
    }
    return views == 0 ? 0 : (double)ones / (double)views;
}

static Features bits_of(const uint8_t *a, const uint8_t *b)
{
    Features features = {.count = 0};

    for (size_t f = 0; f < a[8]; f++)
        features_add(&features, 4 * fabs(ones_of(a, f) - ones_of(b, f)));
    return features;
}

/* What stands in clear in front of tokens and filters. */
static Features head_of(const uint8_t *a, const uint8_t *b)
{
    Features features = {.count = 0};

    for (size_t f = 0; f < a[8]; f++)
        features_add(&features, 4 * row_class(a, f) + row_class(b, f));
    features_add(&features, __builtin_popcount(row_fields(a) ^ row_fields(b)));
    features_add(&features, __builtin_popcountll(row_rules(a) ^ row_rules(b)));
    return features;
}

/* Who is absent where is told by the head: others of whom as many fields are known. */
static bool has_as_many(const uint8_t *other, const uint8_t *own)
{
    return row_fields(other) == row_fields(own);
}

static double joined_by(Features (*look)(const uint8_t *a, const uint8_t *b), const Table *one,
                        const Table *other)
{
    const Joined joined = {.one = one, .other = other, .look = look, .may_stand = has_as_many};

    return joined_area(&joined);
}

static Table table_for(const County *county, const Keyring *keyring, const char *purpose)
{
    const EncodingOptions options = {.purpose = purpose, .key_version = 1, .by_blocks = true};

    return table_encode_under(keyring, &county->files, county->files.encoded, &options);
}

static void say(const char *what, double area)
{
    const Outcome outcome = {.share = area};

    county_say(what, 100, &outcome);
}

/* Switch: purpose in sub_key's info; with one key for both the control's figure is the other's. The head is
 * not keyed: that it says as much of a person for one purpose as for another is held to what docs/linkage.md
 * says. */
Test(purposes, joined_by_the_bits_of_their_filters_are_joined_by_chance)
{
    SCOPED(keyring_close) Keyring *keyring = fixture_keyring();
    County county = county_make(PEOPLE, 100, true);
    Table one = table_for(&county, keyring, "flu"), same = table_for(&county, keyring, "flu"),
          other = table_for(&county, keyring, "fire");

    double control = joined_by(bits_of, &one, &same), bits = joined_by(bits_of, &one, &other),
           head = joined_by(head_of, &one, &other);

    say("A7 bits, one key", control);
    say("A7 bits, two purposes", bits);
    say("A7 heads, two purposes", head);
    cr_expect_gt(control, 0.95);
    cr_expect_leq(bits, 0.52, "%.4f", bits);
    cr_expect_leq(head, HEADS_STATED, "%.4f", head);
    table_close_rows(&one);
    table_close_rows(&same);
    table_close_rows(&other);
    county_close(&county);
    fixture_clear();
}
