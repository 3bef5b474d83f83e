/* A7: encodings of the same people for two purposes, joined by a classifier of all that two rows have in
 * common: which fields and tokens there are, classes of commonness, lengths, ones of the filters. */
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "tests/attack/county.h"
#include "tests/pseudonymise/fixture.h"

static const double HEADS_STATED = 0.90;

enum { PEOPLE = 3000, OTHERS = 10, FEATURES_MAX = 2 * ENCODING_FIELDS_MAX + 3, STEPS = 16 };

/* What a feature says of a pair: one of STEPS. */
typedef struct Features {
    uint8_t of[FEATURES_MAX];
    size_t count;
} Features;

static void add(Features *features, double value)
{
    features->of[features->count++] = (uint8_t)(value < 0 ? 0 : value >= STEPS ? STEPS - 1 : value);
}

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
        add(&features, 4 * fabs(ones_of(a, f) - ones_of(b, f)));
    return features;
}

/* What stands in clear in front of tokens and filters. */
static Features head_of(const uint8_t *a, const uint8_t *b)
{
    Features features = {.count = 0};

    for (size_t f = 0; f < a[8]; f++)
        add(&features, 4 * row_class(a, f) + row_class(b, f));
    add(&features, __builtin_popcount(row_fields(a) ^ row_fields(b)));
    add(&features, __builtin_popcountll(row_rules(a) ^ row_rules(b)));
    return features;
}

typedef Features (*Look)(const uint8_t *a, const uint8_t *b);

/* How often a feature says so, of pairs that are one person and of others. */
typedef struct Learnt {
    double one[FEATURES_MAX][STEPS], others[FEATURES_MAX][STEPS];
} Learnt;

static void learn(double shares[FEATURES_MAX][STEPS], const Features *features)
{
    for (size_t f = 0; f < features->count; f++)
        shares[f][features->of[f]]++;
}

static double score(const Learnt *learnt, const Features *features)
{
    double sum = 0;

    for (size_t f = 0; f < features->count; f++)
        sum += log((1 + learnt->one[f][features->of[f]]) / (1 + learnt->others[f][features->of[f]] / OTHERS));
    return sum;
}

typedef struct Scored {
    double score;
    bool is_one;
} Scored;

static int by_score(const void *a, const void *b)
{
    const Scored *left = a, *right = b;

    return (left->score > right->score) - (left->score < right->score);
}

/* The chance that a pair of one person scores above another; equal scores count half. */
static double area_of(Scored *scored, size_t count)
{
    double below = 0, ones = 0, others = 0, area = 0;

    qsort(scored, count, sizeof *scored, by_score);
    for (size_t from = 0, to; from < count; from = to) {
        double equal_ones = 0, equal_others = 0;
        for (to = from; to < count && by_score(&scored[from], &scored[to]) == 0; to++)
            *(scored[to].is_one ? &equal_ones : &equal_others) += 1;
        area += equal_ones * (below + equal_others / 2);
        below += equal_others;
        ones += equal_ones;
        others += equal_others;
    }
    return area / (ones * others);
}

/* Of the half that begins there, somebody else of whom as many fields are known, or the same one where nobody
 * is found: what is absent is told by the head. */
static size_t other_of(const Table *table, size_t row, size_t from, size_t half, uint64_t *random)
{
    for (int tries = 0; tries < 1000; tries++) {
        size_t other = from + draw_below(random, half);
        if (other != row && row_fields(table->rows[other]) == row_fields(table->rows[row]))
            return other;
    }
    return row;
}

/* Learns from the first half of the people, and is judged by the other. */
static double joined_by(Look look, const Table *one, const Table *other)
{
    Learnt *learnt = memory_alloc(sizeof *learnt);
    Scored *scored = memory_alloc(one->count * (1 + OTHERS) * sizeof *scored);
    uint64_t random = 17;
    size_t half = one->count / 2, count = 0;

    for (size_t i = 0; i < one->count; i++) {
        for (size_t n = 0; n <= OTHERS; n++) {
            bool is_one = n == 0, is_first = i < half;
            size_t j = is_one ? i : other_of(other, i, is_first ? 0 : half, half, &random);
            const Features features = look(one->rows[i], other->rows[j]);
            if (is_first && (is_one || j != i))
                learn(is_one ? learnt->one : learnt->others, &features);
            else if (is_one || j != i)
                scored[count++] = (Scored){.score = score(learnt, &features), .is_one = is_one};
        }
    }
    double area = area_of(scored, count);
    memory_free(scored);
    memory_free(learnt);
    return area;
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
