#include "linkage/frequency.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "linkage/block.h"
#include "linkage/fields.h"
#include "linkage/score.h"

/* Sums are whole numbers of this share of a pair, so that they do not depend on the order of threads. */
enum { UNIT = 256 };

static const double SHIFT_MOST = 12; /* bits either way */

struct Frequency {
    size_t field_count;
    float *shifts; /* of a record's field: log2 of how much rarer than usual its value is */
};

/* A value is rare if few other people have it: what the record's own other records add is taken off. */
typedef struct Tally {
    const LinkageSet *set;
    ScoreTable *scores[BLOCK_THREADS_MAX];
    _Atomic uint32_t *own; /* of a record's field: expected matches with an equal value */
} Tally;

static void tally_pair(Tally *tally, const BlockPair *pair, const Score *score)
{
    size_t fields = tally->set->field_count;
    uint32_t units = (uint32_t)(UNIT * score->probability + 0.5);

    for (size_t i = 0; i < fields && units > 0; i++) {
        unsigned level = fields_level(pair->levels, i);
        if (level < LEVEL_EQUAL || level == LINKAGE_LEVEL_ABSENT)
            continue;
        (void)atomic_fetch_add_explicit(&tally->own[pair->a * fields + i], units, memory_order_relaxed);
        (void)atomic_fetch_add_explicit(&tally->own[pair->b * fields + i], units, memory_order_relaxed);
    }
}

static void tally_pairs(void *context, int worker, size_t block, const BlockPair *pairs, size_t count)
{
    Tally *tally = context;

    (void)block;
    for (size_t i = 0; i < count; i++)
        tally_pair(tally, &pairs[i], score_of(tally->scores[worker], pairs[i].levels));
}

typedef struct Keyed {
    uint64_t key;
    uint32_t record;
} Keyed;

static int compare_keys(const void *a, const void *b)
{
    const Keyed *x = a, *y = b;

    return x->key < y->key ? -1 : x->key > y->key;
}

static size_t keys_of_field(const LinkageSet *set, size_t field, Keyed *keys)
{
    size_t count = 0;

    for (size_t r = 0; r < set->count; r++) {
        const SetRecord *record = &set->records[r];
        if ((record->fields >> field & 1) == 0)
            continue;
        const uint8_t *filter = set_filter(set, record, set_view(set, record, 0), field);
        keys[count++] = (Keyed){.key = fields_key(filter, set->filter_bytes[field]), .record = (uint32_t)r};
    }
    return count;
}

static void count_field(const Tally *tally, const LinkageModel *model, size_t field, Keyed *keys,
                        Frequency *frequency)
{
    double usual = model->chance[field][LINKAGE_LEVELS - 1];
    size_t count = keys_of_field(tally->set, field, keys), fields = tally->set->field_count;

    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from + 1; to < count && keys[to].key == keys[from].key;)
            to++;
        for (size_t i = from; i < to; i++) {
            size_t at = (size_t)keys[i].record * fields + field;
            double others = fmax((double)(to - from - 1) - tally->own[at] / (double)UNIT, 0);
            double shift = log2(usual * (double)count / (others + 0.5));
            frequency->shifts[at] = (float)fmin(fmax(shift, -SHIFT_MOST), SHIFT_MOST);
        }
    }
}

static Result count(Tally *tally, LinkageSet *set, const LinkageModel *model, const LinkageOptions *options,
                    Frequency *frequency, Error *error)
{
    LinkageOptions all = *options;

    /* Old pairs too: what is known of a value must not depend on which records are new. */
    all.first_new = 0;
    TRY(block_pairs(set, &all, tally_pairs, tally, error));
    Keyed *keys = memory_alloc((set->count + 1) * sizeof *keys);
    for (size_t i = 0; i < set->field_count; i++)
        count_field(tally, model, i, keys, frequency);
    memory_free(keys);
    return RESULT_OK;
}

static Result count_with(Tally *tally, LinkageSet *set, const ModelWeights *weights,
                         const LinkageModel *model, const LinkageOptions *options, Frequency *frequency,
                         Error *error)
{
    size_t cells = set->count * set->field_count + 1;

    frequency->field_count = set->field_count;
    frequency->shifts = memory_alloc(cells * sizeof *frequency->shifts);
    tally->own = memory_alloc(cells * sizeof *tally->own);
    for (int i = 0; i < block_workers(options); i++)
        tally->scores[i] = score_table_create(weights);
    Result result = count(tally, set, model, options, frequency, error);
    for (int i = 0; i < block_workers(options); i++)
        score_table_close(&tally->scores[i]);
    memory_free((void *)tally->own);
    return result;
}

Result frequency_count(LinkageSet *set, const ModelWeights *weights, const LinkageModel *model,
                       const LinkageOptions *options, Frequency **frequency, Error *error)
{
    Tally tally = {.set = set};

    *frequency = NULL;
    if (set->by_blocks)
        return RESULT_OK;
    SCOPED(frequency_close) Frequency *made = memory_alloc(sizeof *made);
    TRY(count_with(&tally, set, weights, model, options, made, error));
    *frequency = made;
    made = NULL;
    return RESULT_OK;
}

double frequency_shift(const Frequency *frequency, uint32_t a, uint32_t b, size_t field)
{
    double of_a = (double)frequency->shifts[(size_t)a * frequency->field_count + field];
    double of_b = (double)frequency->shifts[(size_t)b * frequency->field_count + field];

    return (of_a + of_b) / 2;
}

void frequency_close(Frequency **frequency)
{
    if (*frequency == NULL)
        return;
    memory_free((*frequency)->shifts);
    memory_free(*frequency);
    *frequency = NULL;
}
