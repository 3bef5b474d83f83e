/* A1 on what an encoding says in clear of how common its values are: the best guess by class, of an attacker
 * who knows the table's people and all counts. */
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "tests/attack/county.h"

enum { PEOPLE = 5000, CLASSES = 16 };

/* One record: the value that stands in its field, and the class that it is said to be of. */
typedef struct Held {
    uint64_t value, class;
} Held;

static int by_class_and_value(const void *a, const void *b)
{
    const Held *left = a, *right = b;

    if (left->class != right->class)
        return left->class < right->class ? -1 : 1;
    return (left->value > right->value) - (left->value < right->value);
}

/* How many records are right whose value is taken for the commonest of their class. */
static size_t guessed_right(Held *held, size_t count)
{
    size_t best[CLASSES] = {0}, right = 0;

    qsort(held, count, sizeof *held, by_class_and_value);
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from; to < count && by_class_and_value(&held[from], &held[to]) == 0;)
            to++;
        size_t *of_class = &best[held[from].class % CLASSES];
        *of_class = to - from > *of_class ? to - from : *of_class;
    }
    for (size_t c = 0; c < CLASSES; c++)
        right += best[c];
    return right;
}

static size_t take_field(const County *county, size_t field, Held *held)
{
    size_t column = county->sheets.rules * (1 + county->sheets.fields) + field, count = 0;
    const uint64_t *classes = sheet_column(&county->sheets.stored, column),
                   *values = sheet_column(&county->sheets.truth, column);

    for (size_t i = 0; i < county->files.count; i++)
        if (values[i] != 0)
            held[count++] = (Held){.value = values[i], .class = classes[i]};
    return count;
}

/* What a class gains over guessing the commonest value of all, as a share of the field's records. */
static double gain(const Held *held, size_t count, bool has_classes)
{
    Held *copy = memory_alloc((count + 1) * sizeof *copy);

    for (size_t i = 0; i < count; i++)
        copy[i] = (Held){.value = held[i].value, .class = has_classes ? held[i].class : 0};
    size_t right = guessed_right(copy, count);
    memory_free(copy);
    return (double)right / (double)count;
}

/* In place of the class, by which power of two the value's count is below. */
static void class_by_count(Held *held, size_t count)
{
    for (size_t i = 0; i < count; i++)
        held[i].class = 0;
    qsort(held, count, sizeof *held, by_class_and_value);
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from; to < count && held[to].value == held[from].value;)
            to++;
        for (size_t i = from; i < to; i++)
            held[i].class = (uint64_t)log2((double)(to - from));
    }
}

/* Switch: COMMON_FROM and MIDDLING_FROM in encoding_commonness.c. The control says a count's power of two. */
Test(commonness, gives_less_than_half_a_point_by_class_and_points_by_count)
{
    County county = county_make(county_size(PEOPLE), 100, true);
    Held *held = memory_alloc(county.files.count * sizeof *held);

    for (size_t field = FIELD_GIVEN; field <= FIELD_BORN; field++) {
        size_t count = take_field(&county, field, held), rows = county.files.count;
        const Outcome by_class = {
            .guesses = 3, .share = gain(held, count, true), .base = gain(held, count, false)};
        county_say("A1 classes", 100, &by_class);
        cr_expect_leq(by_class.share - by_class.base, 1.0 / 256 + 1.0 / 4096 + 1.0 / (double)rows,
                      "field %zu", field);
        class_by_count(held, count);
        const Outcome control = {.guesses = 8, .share = gain(held, count, true), .base = by_class.base};
        county_say("A1 classes, control", 100, &control);
        if (field != FIELD_BORN)
            cr_expect_gt(control.share - control.base, 0.02, "field %zu", field);
    }
    memory_free(held);
    county_close(&county);
}
