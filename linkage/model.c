#include "linkage/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "linkage/fields.h"

enum { SLOTS_FIRST = 1 << 12, ITERATIONS_MAX = 500 };

static const double SETTLED = 1e-9, LEAST = 1e-9, PRIOR_MOST = 0.9999;
/* What is known before any pair was seen: most matches agree well. Weighs as much as so many pairs. */
static const double match_before[LINKAGE_LEVELS] = {0.02, 0.02, 0.03, 0.05, 0.13, 0.25, 0.25, 0.25};
static const double BEFORE_WEIGHT = 2;
/* Of matches that are known so much that what none of them does counts half a pair: numbers are believed
 * where birth and sex agree, so of these they say too little. */
static const double BEFORE_KNOWN_WEIGHT = 25;

/* ---- patterns ---- */

static uint64_t mixed(uint64_t levels)
{
    levels *= UINT64_C(0x9E3779B97F4A7C15);
    return levels ^ levels >> 29;
}

static LinkagePattern *slot_of(const PatternTable *table, uint64_t levels)
{
    size_t at = mixed(levels) & (table->capacity - 1);

    while (table->slots[at].count != 0 && table->slots[at].levels != levels)
        at = (at + 1) & (table->capacity - 1);
    return &table->slots[at];
}

static void grow(PatternTable *table)
{
    PatternTable larger = {.capacity = table->capacity == 0 ? SLOTS_FIRST : table->capacity * 2};

    larger.slots = memory_alloc(larger.capacity * sizeof *larger.slots);
    for (size_t i = 0; i < table->capacity; i++) {
        if (table->slots[i].count != 0)
            *slot_of(&larger, table->slots[i].levels) = table->slots[i];
    }
    larger.used = table->used;
    memory_free(table->slots);
    *table = larger;
}

void pattern_table_add(PatternTable *table, uint64_t levels, uint64_t count)
{
    if (table->used * 2 >= table->capacity)
        grow(table);
    LinkagePattern *slot = slot_of(table, levels);
    table->used += slot->count == 0;
    slot->levels = levels;
    slot->count += count;
}

static int compare_patterns(const void *a, const void *b)
{
    const LinkagePattern *x = a, *y = b;

    return x->levels < y->levels ? -1 : x->levels > y->levels;
}

void pattern_table_pack(PatternTable *table)
{
    size_t kept = 0;

    for (size_t i = 0; i < table->capacity; i++) {
        if (table->slots[i].count != 0)
            table->slots[kept++] = table->slots[i];
    }
    if (kept > 0)
        qsort(table->slots, kept, sizeof *table->slots, compare_patterns);
}

void pattern_table_close(PatternTable *table)
{
    memory_free(table->slots);
    *table = (PatternTable){0};
}

/* ---- weights ---- */

void model_weights(const LinkageModel *model, ModelWeights *weights)
{
    *weights =
        (ModelWeights){.base = log2(model->prior / (1 - model->prior)), .field_count = model->field_count};
    for (size_t i = 0; i < model->field_count; i++) {
        for (unsigned level = 0; level < LINKAGE_LEVELS; level++)
            weights->weights[i][level] = log2(model->match[i][level] / model->chance[i][level]);
    }
}

double linkage_probability(double weight)
{
    return 1 / (1 + exp2(-weight));
}

/* ---- expectation maximisation ---- */

typedef struct Sums {
    double match[LINKAGE_FIELDS_MAX][LINKAGE_LEVELS], chance[LINKAGE_FIELDS_MAX][LINKAGE_LEVELS];
    double matches;
} Sums;

static void expect(const LinkagePattern *patterns, size_t count, const LinkageModel *model, Sums *sums)
{
    ModelWeights weights;

    model_weights(model, &weights);
    *sums = (Sums){.matches = 0};
    for (size_t p = 0; p < count; p++) {
        double all = (double)patterns[p].count;
        double matches = all * linkage_probability(model_pattern_weight(&weights, patterns[p].levels));
        sums->matches += matches;
        for (size_t i = 0; i < model->field_count; i++) {
            unsigned level = fields_level(patterns[p].levels, i);
            if (level == LINKAGE_LEVEL_ABSENT)
                continue;
            sums->match[i][level] += matches;
            sums->chance[i][level] += all - matches;
        }
    }
}

static void share_out(const double sums[LINKAGE_LEVELS], double before_weight, double shares[LINKAGE_LEVELS])
{
    double total = 0;

    for (size_t l = 0; l < LINKAGE_LEVELS; l++)
        total += sums[l] + before_weight * match_before[l];
    for (size_t l = 0; l < LINKAGE_LEVELS && total > 0; l++)
        shares[l] = fmax((sums[l] + before_weight * match_before[l]) / total, LEAST);
}

/* Matches agree on common values as often as they have them: without this a name that many share looks like a
 * person with many records, and learning settles on that. */
static void hold_classes(LinkageModel *model, size_t field)
{
    double *match = model->match[field], equal = 0, held = 0;

    for (size_t c = 0; c < LINKAGE_LEVELS - LEVEL_EQUAL; c++) {
        equal += match[LEVEL_EQUAL + c];
        held += model->classes[field][c];
    }
    for (size_t c = 0; c < LINKAGE_LEVELS - LEVEL_EQUAL && held > 0; c++)
        match[LEVEL_EQUAL + c] = fmax(equal * model->classes[field][c] / held, LEAST);
}

/* Returns how far the model moved. */
static double maximise(const Sums *sums, uint64_t pair_total, bool free_chance, LinkageModel *model)
{
    LinkageModel before = *model;
    double moved = 0;

    model->prior = fmin(fmax(sums->matches / (double)pair_total, LEAST), PRIOR_MOST);
    for (size_t i = 0; i < model->field_count; i++) {
        share_out(sums->match[i], free_chance ? LEAST : BEFORE_WEIGHT, model->match[i]);
        hold_classes(model, i);
        if (free_chance)
            share_out(sums->chance[i], 0, model->chance[i]);
        for (size_t l = 0; l < LINKAGE_LEVELS; l++)
            moved = fmax(moved, fabs(model->match[i][l] - before.match[i][l]));
    }
    return fmax(moved, fabs(log(model->prior / before.prior)));
}

static void begin(bool free_chance, uint64_t pair_total, LinkageModel *model)
{
    static const double chance_before[LINKAGE_LEVELS] = {0.80, 0.10, 0.04, 0.03, 0.02, 0.005, 0.004, 0.001};

    model->prior = free_chance ? 0.3 : fmin(0.3, 1000.0 / (double)pair_total);
    for (size_t i = 0; i < model->field_count; i++) {
        memcpy(model->match[i], match_before, sizeof match_before);
        hold_classes(model, i);
        if (free_chance)
            memcpy(model->chance[i], chance_before, sizeof chance_before);
    }
}

void model_learn_known(const LinkagePattern *matches, size_t count, uint64_t pair_total, LinkageModel *model)
{
    Sums sums = {.matches = 0};

    for (size_t p = 0; p < count; p++) {
        sums.matches += (double)matches[p].count;
        for (size_t i = 0; i < model->field_count; i++) {
            unsigned level = fields_level(matches[p].levels, i);
            if (level != LINKAGE_LEVEL_ABSENT)
                sums.match[i][level] += (double)matches[p].count;
        }
    }
    model->prior = fmin(fmax(sums.matches / (double)pair_total, LEAST), PRIOR_MOST);
    for (size_t i = 0; i < model->field_count; i++) {
        share_out(sums.match[i], BEFORE_KNOWN_WEIGHT, model->match[i]);
        hold_classes(model, i);
    }
    model->is_settled = true;
}

void linkage_learn(const LinkagePattern *patterns, size_t pattern_count, uint64_t pair_total,
                   bool free_chance, LinkageModel *model)
{
    Sums sums;

    begin(free_chance, pair_total, model);
    model->is_settled = false;
    for (model->iterations = 0; model->iterations < ITERATIONS_MAX && !model->is_settled;
         model->iterations++) {
        expect(patterns, pattern_count, model, &sums);
        model->is_settled = maximise(&sums, pair_total, free_chance, model) < SETTLED * 1000;
    }
    model->is_settled = model->is_settled && model->prior > LEAST && model->prior < PRIOR_MOST;
}
