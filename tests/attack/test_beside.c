/* A8: what can be read beside the bits: ones, tokens and classes against the length of the name. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "tests/attack/control.h"
#include "tests/attack/county.h"

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

/* ---- the head: how many tokens, and how common the name is said to be ---- */

enum { LENGTHS = 24, SAID = 64 };

typedef struct Joint {
    double counts[SAID][LENGTHS], total;
} Joint;

static void count(Joint *joint, size_t said, size_t length)
{
    joint->counts[said < SAID ? said : SAID - 1][length < LENGTHS ? length : LENGTHS - 1]++;
    joint->total++;
}

/* Bits that one tells of the other, less what a table of so few tells by chance (Miller and Madow). */
static double bits_told(const Joint *joint)
{
    double said[SAID] = {0}, lengths[LENGTHS] = {0}, bits = 0, cells = 0, rows = 0, columns = 0;

    for (size_t s = 0; s < SAID; s++) {
        for (size_t l = 0; l < LENGTHS; l++) {
            said[s] += joint->counts[s][l];
            lengths[l] += joint->counts[s][l];
            cells += joint->counts[s][l] > 0;
        }
        rows += said[s] > 0;
    }
    for (size_t l = 0; l < LENGTHS; l++)
        columns += lengths[l] > 0;
    for (size_t s = 0; s < SAID; s++) {
        for (size_t l = 0; l < LENGTHS; l++) {
            double both = joint->counts[s][l];
            bits += both > 0 ? both / joint->total * log2(both * joint->total / (said[s] * lengths[l])) : 0;
        }
    }
    return bits - (cells - rows - columns + 1) / (2 * joint->total * log(2));
}

/* The class is the control: it stands for the name, which has a length. A token for each q-gram of a name
 * would say as much. */
Test(beside, how_many_tokens_there_are_tells_nothing_of_a_names_length)
{
    County county = county_make(2 * BESIDE_PEOPLE, 100, true);
    Joint *tokens = memory_alloc(sizeof *tokens), *classes = memory_alloc(sizeof *classes);

    for (size_t i = 0; i < county.files.count; i++) {
        const uint8_t *row = county.table.rows[i];
        size_t length = strlen(county.people->all[county.files.encoded[i]].fields[FIELD_GIVEN]);
        if ((row_fields(row) >> FIELD_GIVEN & 1) == 0)
            continue;
        count(tokens, (size_t)__builtin_popcountll(row_rules(row)), length);
        count(classes, row_class(row, FIELD_GIVEN), length);
    }

    const Outcome of_tokens = {.share = bits_told(tokens)}, of_classes = {.share = bits_told(classes)};
    county_say("A8 bits told of a given name's length, by tokens", 100, &of_tokens);
    county_say("A8 bits told of a given name's length, by class", 100, &of_classes);
    cr_expect_leq(of_tokens.share, 0.02, "%.4f", of_tokens.share);
    cr_expect_gt(of_classes.share, 0.10, "%.4f", of_classes.share);
    memory_free(tokens);
    memory_free(classes);
    county_close(&county);
}
