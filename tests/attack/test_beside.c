/* A8: what can be read beside the bits by who has the key: ones, tokens, classes and which fields there are.
 * What who has none can read is in test_stored.c. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "tests/attack/control.h"
#include "tests/attack/told.h"

enum { BESIDE_PEOPLE = 3000 };

typedef struct Regression {
    double n, x, y, xx, yy, xy;
} Regression;

static void add(Regression *sums, double x, double y)
{
    sums->n++;
    sums->x += x;
    sums->y += y;
    sums->xx += x * x;
    sums->yy += y * y;
    sums->xy += x * y;
}

/* How much of y a straight line of x explains. */
static double r_squared(const Regression *sums)
{
    double covariance = sums->n * sums->xy - sums->x * sums->y;
    double of_x = sums->n * sums->xx - sums->x * sums->x, of_y = sums->n * sums->yy - sums->y * sums->y;

    return of_x <= 0 || of_y <= 0 ? 0 : covariance * covariance / (of_x * of_y);
}

static double ones_of(const uint8_t *bytes, size_t count)
{
    int ones = 0;

    for (size_t i = 0; i < count; i++)
        ones += __builtin_popcount(bytes[i]);
    return ones;
}

Test(beside, popcounts_of_the_control_tell_how_long_names_are)
{
    County county = county_make(BESIDE_PEOPLE, 100, true);
    Regression sums = {0};

    for (size_t i = 0; i < county.files.count; i++) {
        const Person *person = &county.people->all[county.files.encoded[i]];
        uint8_t filter[CONTROL_BYTES];
        control_encode(person, FIELD_GIVEN, FIELD_FAMILY, 0, filter);
        add(&sums, ones_of(filter, sizeof filter),
            (double)(strlen(person->fields[FIELD_GIVEN]) + strlen(person->fields[FIELD_FAMILY])));
    }

    cr_expect_gt(r_squared(&sums), 0.5);
    county_close(&county);
}

/* All views of a person added up, which is the most that can be seen. Switch: share_positions in
 * encoding_filter.c. */
Test(beside, popcounts_tell_less_than_a_twentieth_of_a_names_length)
{
    for (size_t field = FIELD_GIVEN; field <= FIELD_FAMILY; field++) {
        County county = county_make(BESIDE_PEOPLE, 100, true);
        Regression sums = {0};
        for (size_t i = 0; i < county.files.count; i++) {
            const uint8_t *row = county.table.rows[i];
            double ones = 0, views = 0;
            size_t bytes;
            for (size_t rule = 0; rule < row[9] && (row_fields(row) >> field & 1) != 0; rule++) {
                if ((row_rules(row) >> rule & 1) == 0)
                    continue;
                const uint8_t *filter = row_filter(row, rule, field, &bytes);
                ones += ones_of(filter, bytes);
                views++;
            }
            if (views > 0)
                add(&sums, ones / views,
                    (double)strlen(county.people->all[county.files.encoded[i]].fields[field]));
        }
        cr_expect_lt(r_squared(&sums), 0.05, "field %zu: %.4f", field, r_squared(&sums));
        county_close(&county);
    }
}

/* ---- of all that is beside the bits, by who has the key as well ---- */

enum { BY_ONES, BY_TOKENS, BY_CLASS, BY_FIELDS, BY_COUNT };
static const char *const by_names[BY_COUNT] = {"ones", "tokens", "class", "fields"};

/* Of both names under the first token: how many there are is BY_TOKENS. */
static size_t ones_of_names(const uint8_t *row)
{
    size_t first = (size_t)__builtin_ctzll(row_rules(row) | UINT64_C(1) << 63), ones = 0;

    for (size_t field = FIELD_GIVEN; field <= FIELD_FAMILY && first < row[9]; field++) {
        size_t bytes;
        const uint8_t *filter = row_filter(row, first, field, &bytes);
        ones += (row_fields(row) >> field & 1) != 0 ? (size_t)ones_of(filter, bytes) : 0;
    }
    return ones / 2;
}

static size_t said_by(const uint8_t *row, int channel)
{
    switch (channel) {
    case BY_ONES:
        return ones_of_names(row);
    case BY_TOKENS:
        return (size_t)__builtin_popcountll(row_rules(row));
    case BY_CLASS:
        return row_class(row, FIELD_GIVEN);
    default:
        return row_fields(row);
    }
}

static double told(const County *county, int channel, int what)
{
    Told *made = memory_alloc(sizeof *made);
    char attack[64];

    for (size_t i = 0; i < county->files.count; i++)
        if ((row_fields(county->table.rows[i]) >> FIELD_GIVEN & 1) != 0)
            told_count(made, said_by(county->table.rows[i], channel), told_of(county, i, what));
    const Outcome outcome = {.share = told_bits(made)};
    (void)snprintf(attack, sizeof attack, "A8 bits told of %s by %s", told_names[what], by_names[channel]);
    county_say(attack, 100, &outcome);
    memory_free(made);
    return outcome.share;
}

/* The class is the control: it stands for the name, which has a length and a kind. That a birth date is
 * missing stands in the head, and is the control of the third. Names of the other kind all begin alike: their
 * tokens are crowded and not written, so that fewer tell a little. */
Test(beside, neither_ones_nor_tokens_tell_a_names_length_or_kind_nor_ones_a_missing_birth_date)
{
    static const struct {
        int channel, what;
        double most;
    } bars[] = {{BY_ONES, OF_LENGTH, 0.02},   {BY_ONES, OF_KIND, 0.02},   {BY_ONES, OF_BIRTH, 0.02},
                {BY_TOKENS, OF_LENGTH, 0.05}, {BY_TOKENS, OF_KIND, 0.05}, {BY_FIELDS, OF_LENGTH, 0.02},
                {BY_FIELDS, OF_KIND, 0.02}};
    County county = told_county(2 * BESIDE_PEOPLE);

    for (size_t i = 0; i < sizeof bars / sizeof *bars; i++) {
        double bits = told(&county, bars[i].channel, bars[i].what);
        cr_expect_leq(bits, bars[i].most, "%s by %s: %.4f", told_names[bars[i].what],
                      by_names[bars[i].channel], bits);
    }
    cr_expect_gt(told(&county, BY_CLASS, OF_LENGTH), 0.10);
    cr_expect_gt(told(&county, BY_CLASS, OF_KIND), 0.05);
    cr_expect_gt(told(&county, BY_FIELDS, OF_BIRTH), 0.30);
    cr_expect_gt(told(&county, BY_TOKENS, OF_BIRTH), 0.10);
    county_close(&county);
}
