/* A8: what can be read beside the bits. Popcount against the length of the name, and what is absent. */
#include <math.h>
#include <string.h>

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

/* All views of a person added up, which is the most that can be seen. Switch: positions_of in
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
