/* How often two random records agree, and from all pairs of all blocks how often matches do. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "linkage/block.h"
#include "linkage/fields.h"
#include "linkage/model.h"

enum { NEAR_RECORDS = 4096, RANDOM_PAIRS = 2000000, DRAWN_AT_ONCE = 512, ROUNDS = 4, SOURCES = 64 };

/* A level that was drawn once or never may be commoner than it looks: too little would be taken for proof. */
static const double CHANCE_LEAST = 1e-6, UNSEEN = 2;

typedef struct Random {
    uint64_t state;
} Random;

/* SplitMix64 from a fixed start: the same records give the same model. */
static uint64_t draw(Random *random, uint64_t below)
{
    uint64_t mixed = random->state += UINT64_C(0x9E3779B97F4A7C15);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return (mixed ^ mixed >> 31) % below;
}

typedef struct Chance {
    double unequal[LINKAGE_FIELDS_MAX][LEVEL_EQUAL];                /* random pairs by level */
    double equal[LINKAGE_FIELDS_MAX][LINKAGE_LEVELS - LEVEL_EQUAL]; /* shares, of all pairs there are */
} Chance;

typedef struct Sample {
    const SetRecord *records;
    size_t count;
} Sample;

/* So few that what is compared stays in a core's cache. */
static Sample near_sample(const Sample *sample, SetRecord near[NEAR_RECORDS])
{
    Random random = {.state = 2};

    if (sample->count <= NEAR_RECORDS)
        return *sample;
    for (size_t i = 0; i < NEAR_RECORDS; i++)
        near[i] = sample->records[draw(&random, sample->count)];
    return (Sample){.records = near, .count = NEAR_RECORDS};
}

/* Of records compared at random, how many agree so. */
typedef struct Drawn {
    uint32_t counts[LINKAGE_FIELDS_MAX][LINKAGE_LEVEL_ABSENT + 1];
} Drawn;

static FieldsRows *lay_sample(const LinkageSet *set, const Sample *sample)
{
    FieldsRows *rows = fields_rows_create(set);

    fields_rows_start(rows, sample->count);
    for (size_t i = 0; i < sample->count; i++)
        fields_rows_lay(rows, i, &sample->records[i], set_view(set, &sample->records[i], 0));
    return rows;
}

static void note_levels(const FieldsRows *rows, const FieldsPair *pairs, size_t count, size_t fields,
                        Drawn *drawn)
{
    uint64_t levels[DRAWN_AT_ONCE];

    fields_compare(rows, pairs, count, levels);
    for (size_t i = 0; i < count; i++)
        for (size_t f = 0; f < fields; f++)
            drawn->counts[f][fields_level(levels[i], f)]++;
}

static void draw_unequal(const LinkageSet *set, const Sample *sample, Chance *chance)
{
    uint64_t possible = (uint64_t)sample->count * (sample->count - 1);
    SCOPED(fields_rows_close) FieldsRows *rows = lay_sample(set, sample);
    FieldsPair pairs[DRAWN_AT_ONCE];
    Random random = {.state = 1};
    Drawn drawn = {0};
    size_t count = 0;

    for (uint64_t i = 0; i < RANDOM_PAIRS && i < possible; i++) {
        uint32_t a = (uint32_t)draw(&random, sample->count), b = (uint32_t)draw(&random, sample->count);
        if (sample->records[a].at == sample->records[b].at)
            continue;
        pairs[count++] = (FieldsPair){.left = a, .right = b};
        if (count < DRAWN_AT_ONCE)
            continue;
        note_levels(rows, pairs, count, set->field_count, &drawn);
        count = 0;
    }
    note_levels(rows, pairs, count, set->field_count, &drawn);
    for (size_t f = 0; f < set->field_count; f++)
        for (size_t l = 0; l < LEVEL_EQUAL; l++)
            chance->unequal[f][l] = drawn.counts[f][l];
}

typedef struct Held {
    uint64_t key;
    unsigned class;
} Held;

static int compare_values(const void *a, const void *b)
{
    const Held *x = a, *y = b;

    return x->key < y->key ? -1 : x->key > y->key;
}

/* Equal pairs are too rare to draw: they are counted, value by value. */
static void count_equal(const LinkageSet *set, const Sample *sample, size_t field, Held *values,
                        Chance *chance)
{
    size_t count = 0;

    for (size_t r = 0; r < sample->count; r++) {
        const SetRecord *record = &sample->records[r];
        if ((record->fields >> field & 1) == 0)
            continue;
        const uint8_t *filter = set_filter(set, record, set_view(set, record, 0), field);
        values[count].class = fields_class(set, record, record, field);
        values[count++].key = fields_key(filter, set->filter_bytes[field]);
    }
    qsort(values, count, sizeof *values, compare_values);
    double run = 0, all = (double)count * ((double)count - 1) / 2;
    for (size_t i = 1; i < count; i++) {
        run = values[i].key == values[i - 1].key ? run + 1 : 0;
        chance->equal[field][values[i].class] += run / all;
    }
}

/* Records compared at random; where only a block's view could be compared, the sampled fields. */
static void draw_chance(const LinkageSet *set, Chance *chance)
{
    const Sample sample = {.records = set->by_blocks ? set->references : set->records,
                           .count = set->by_blocks ? set->reference_count : set->count};
    Held *values = memory_alloc((sample.count + 1) * sizeof *values);
    SetRecord *near = memory_alloc(NEAR_RECORDS * sizeof *near);
    const Sample nearer = near_sample(&sample, near);

    draw_unequal(set, &nearer, chance);
    memory_free(near);
    for (size_t i = 0; i < set->field_count; i++)
        count_equal(set, &sample, i, values, chance);
    memory_free(values);
}

/* Random pairs hold matches too, as many as the prior says: what is left is chance. */
static void take_chance(const LinkageSet *set, const Chance *drawn, LinkageModel *model)
{
    for (size_t i = 0; i < set->field_count; i++) {
        double unequal = UNSEEN * LEVEL_EQUAL, equal = 0;
        for (size_t l = 0; l < LEVEL_EQUAL; l++)
            unequal += drawn->unequal[i][l];
        for (size_t c = 0; c < LINKAGE_LEVELS - LEVEL_EQUAL; c++)
            equal += drawn->equal[i][c];
        for (size_t l = 0; l < LINKAGE_LEVELS; l++) {
            double share = l < LEVEL_EQUAL ? (1 - equal) * (drawn->unequal[i][l] + UNSEEN) / unequal
                                           : drawn->equal[i][l - LEVEL_EQUAL];
            double left = (share - model->prior * model->match[i][l]) / (1 - model->prior);
            model->chance[i][l] = fmax(fmax(left, share / 10), CHANCE_LEAST);
        }
    }
}

/* Of the values whose class is known; of a field that has none, all as fields_class has it. */
static void count_classes(const LinkageSet *set, LinkageModel *model)
{
    bool is_known[LINKAGE_FIELDS_MAX] = {false};

    for (size_t r = 0; r < set->count; r++) {
        for (size_t i = 0; i < set->field_count; i++)
            is_known[i] = is_known[i] || (set->records[r].classes >> 2 * i & 3) != 0;
    }
    for (size_t r = 0; r < set->count; r++) {
        const SetRecord *record = &set->records[r];
        for (size_t i = 0; i < set->field_count; i++) {
            bool counts = !is_known[i] || (record->classes >> 2 * i & 3) != 0;
            if (counts && (record->fields >> i & 1) != 0)
                model->classes[i][fields_class(set, record, record, i)]++;
        }
    }
}

/* The class beside an unseen one whose weights serve for it: the commoner where there are two. */
static size_t seen_beside(const double classes[LINKAGE_LEVELS - LEVEL_EQUAL], size_t class)
{
    static const size_t order[LINKAGE_LEVELS - LEVEL_EQUAL][2] = {{1, 2}, {0, 2}, {1, 0}};

    return classes[order[class][0]] > 0 ? order[class][0] : order[class][1];
}

/* A model is kept for good. A class that nobody had when it was learnt may come later: then it weighs what
 * the nearest does, and not what was never counted. */
static void lend_to_unseen(const LinkageSet *set, LinkageModel *model)
{
    for (size_t i = 0; i < set->field_count && set->by_blocks; i++) {
        for (size_t c = 0; c < LINKAGE_LEVELS - LEVEL_EQUAL; c++) {
            if (model->classes[i][c] > 0)
                continue;
            size_t beside = LEVEL_EQUAL + seen_beside(model->classes[i], c);
            model->match[i][LEVEL_EQUAL + c] = model->match[i][beside];
            model->chance[i][LEVEL_EQUAL + c] = model->chance[i][beside];
        }
    }
}

typedef struct Counting {
    const LinkageSet *set;
    const int64_t *placed;
    PatternTable tables[BLOCK_THREADS_MAX], known[BLOCK_THREADS_MAX];
} Counting;

/* Two records of one source that a number makes one person's differ in something, or they were one record. */
static bool are_one(const Counting *counting, const BlockPair *pair)
{
    const SetRecord *records = counting->set->records;
    const int64_t *placed = counting->placed;

    return placed != NULL && placed[pair->a] != 0 && placed[pair->a] == placed[pair->b] &&
           records[pair->a].source != records[pair->b].source;
}

static void count_pairs(void *context, int worker, size_t block, const BlockPair *pairs, size_t count)
{
    Counting *counting = context;

    (void)block;
    for (size_t i = 0; i < count; i++) {
        pattern_table_add(&counting->tables[worker], pairs[i].levels, 1);
        if (are_one(counting, &pairs[i]))
            pattern_table_add(&counting->known[worker], pairs[i].levels, 1);
    }
}

/* Takes what each thread counted. */
static void gather(PatternTable tables[BLOCK_THREADS_MAX], PatternTable *all)
{
    for (int i = 0; i < BLOCK_THREADS_MAX; i++) {
        PatternTable *table = &tables[i];
        for (size_t s = 0; s < table->capacity; s++) {
            if (table->slots[s].count != 0)
                pattern_table_add(all, table->slots[s].levels, table->slots[s].count);
        }
        pattern_table_close(table);
    }
    pattern_table_pack(all);
}

static Result count_patterns(LinkageSet *set, const LinkageOptions *options, PatternTable *all,
                             PatternTable *known, Error *error)
{
    Counting counting = {.set = set, .placed = options->placed};
    Result result = block_pairs(set, options, count_pairs, &counting, error);

    gather(counting.tables, all);
    gather(counting.known, known);
    return result;
}

/* ---- matches that are known ---- */

/* Of two sources that may meet, all pairs of records that numbers place. */
static uint64_t count_placed_pairs(const LinkageSet *set, const LinkageOptions *options)
{
    uint64_t placed[SOURCES] = {0}, pairs = 0;

    for (size_t i = 0; i < set->count; i++)
        placed[set->records[i].source] += options->placed[i] != 0;
    for (size_t a = 0; a < SOURCES; a++) {
        for (size_t b = a + 1; b < SOURCES; b++)
            if (options->may_meet == NULL || (options->may_meet[a] >> b & 1) != 0)
                pairs += placed[a] * placed[b];
    }
    return pairs;
}

static bool is_enough(const PatternTable *known)
{
    uint64_t pairs = 0;

    for (size_t i = 0; i < known->used; i++)
        pairs += known->slots[i].count;
    return pairs >= LINKAGE_KNOWN_LEAST;
}

static Result check_set(const LinkageSet *set, Error *error)
{
    if (set->count < 2)
        return fail(error, ERROR_INPUT, "linkage: fewer than two records");
    if (set->by_blocks && set->reference_count < 2)
        return fail(error, ERROR_INPUT, "linkage: encodings by blocks came without references");
    return RESULT_OK;
}

/* What is nearly equal weighs at most what is equal does: of so few pairs, a level that none of them has
 * could weigh more. */
static void hold_nearly(LinkageModel *model)
{
    for (size_t i = 0; i < model->field_count; i++) {
        double match = 0, chance = 0;
        for (size_t l = LEVEL_EQUAL; l < LINKAGE_LEVELS; l++) {
            match += model->match[i][l];
            chance += model->chance[i][l];
        }
        for (size_t l = 0; l < LEVEL_EQUAL; l++)
            model->match[i][l] = fmin(model->match[i][l], model->chance[i][l] * match / chance);
    }
}

static void learn(const LinkageSet *set, const LinkageOptions *options, const PatternTable *all,
                  const PatternTable *known, LinkageModel *model)
{
    Chance drawn = {0};

    *model = (LinkageModel){.field_count = (uint32_t)set->field_count};
    count_classes(set, model);
    draw_chance(set, &drawn);
    if (is_enough(known)) {
        model_learn_known(known->slots, known->used, count_placed_pairs(set, options), model);
        take_chance(set, &drawn, model);
        hold_nearly(model);
        model->is_by_numbers = true;
        return;
    }
    for (int round = 0; round < ROUNDS; round++) {
        take_chance(set, &drawn, model);
        linkage_learn(all->slots, all->used, (uint64_t)set->count * (set->count - 1) / 2, false, model);
    }
}

Result linkage_train(LinkageSet *set, const LinkageOptions *options, LinkageModel *model, Error *error)
{
    SCOPED(pattern_table_close) PatternTable all = {0};
    SCOPED(pattern_table_close) PatternTable known = {0};

    TRY(check_set(set, error));
    TRY(count_patterns(set, options, &all, &known, error));
    if (all.used == 0)
        return fail(error, ERROR_INPUT, "linkage: no two records share a block");
    learn(set, options, &all, &known, model);
    lend_to_unseen(set, model);
    return RESULT_OK;
}
