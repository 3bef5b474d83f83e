/* For whom of a chunk a condition holds, 64 people at a time; what `and` and `or` decide without a further
 * operand is not worked out. */
#include <string.h>

#include "query/engine_parts.h"

static size_t word_count(const Engine *engine)
{
    return ((size_t)engine->people + 63) / 64;
}

/* None beyond the chunk's people. */
static void cut(const Engine *engine, uint64_t *bits)
{
    if (engine->people % 64 != 0)
        bits[engine->people / 64] &= (UINT64_C(1) << engine->people % 64) - 1;
}

/* ---- leaves ---- */

static void copy_bits(const Engine *engine, const uint64_t *from, bool wanted, uint64_t *bits)
{
    size_t word = engine->first / 64;
    unsigned shift = engine->first % 64;

    for (size_t i = 0; i < word_count(engine); i++) {
        bool is_split = shift > 0 && (word + i + 1) * 64 < (size_t)engine->first + engine->people;
        uint64_t held = from[word + i] >> shift | (is_split ? from[word + i + 1] << (64 - shift) : 0);
        bits[i] = wanted ? held : ~held;
    }
}

static uint64_t compare_word(const int64_t *numbers, uint32_t count, int64_t wanted)
{
    uint64_t bits = 0;

    for (uint32_t i = 0; i < count; i++)
        bits |= (uint64_t)(numbers[i] == wanted) << i;
    return bits;
}

static void compare_values(Engine *engine, PlanId id, bool wanted, uint64_t *bits)
{
    const Vector *value = engine_value(engine, id);

    for (size_t i = 0; i < word_count(engine); i++) {
        uint32_t from = (uint32_t)i * 64, left = engine->people - from;
        if (value->mask == 0)
            bits[i] = value->numbers[0] == wanted ? ~UINT64_C(0) : 0;
        else
            bits[i] = compare_word(value->numbers + from, left < 64 ? left : 64, wanted);
    }
}

/* Answered for everybody at once: there is nothing left to work out for this chunk. */
static const uint64_t *whole_bits(const Engine *engine, PlanId id)
{
    const PostingAnswer *answer = engine->postings == NULL ? NULL : posting_answer(engine->postings, id);

    return answer == NULL ? NULL : answer->bits;
}

static bool is_cheap(const Engine *engine, PlanId id)
{
    const PlanNode *node = &engine->plan->nodes[id];

    return node->kind == PLAN_NOT ? whole_bits(engine, node->operands[0]) != NULL
                                  : whole_bits(engine, id) != NULL;
}

/* ---- and, or ---- */

static const uint64_t *bits_of(Engine *engine, PlanId id, bool wanted);

static bool is_decided(const Engine *engine, const uint64_t *bits, bool is_all)
{
    uint64_t seen = is_all ? ~UINT64_C(0) : 0;

    for (size_t i = 0; i < word_count(engine); i++)
        seen = is_all ? seen & bits[i] : seen | bits[i];
    return is_all ? seen == ~UINT64_C(0) : seen == 0;
}

/* True where all are true: none of it where one is nowhere. By `or`: everywhere where one is everywhere. */
static void join(Engine *engine, const PlanNode *node, bool wanted, uint64_t *bits)
{
    bool is_and = (node->kind == PLAN_AND) == wanted;

    memset(bits, is_and ? 0xFF : 0, word_count(engine) * sizeof *bits);
    for (int cheap = 1; cheap >= 0; cheap--)
        for (size_t o = 0; o < node->operand_count; o++) {
            if (is_cheap(engine, node->operands[o]) != (cheap == 1) || is_decided(engine, bits, !is_and))
                continue;
            const uint64_t *part = bits_of(engine, node->operands[o], wanted);
            for (size_t i = 0; i < word_count(engine); i++)
                bits[i] = is_and ? bits[i] & part[i] : bits[i] | part[i];
        }
}

static bool is_looked_up(const Engine *engine, PlanId id)
{
    return engine->lookups != NULL && lookup_of(engine->lookups, id) != NULL;
}

static const uint64_t *bits_of(Engine *engine, PlanId id, bool wanted)
{
    const PlanNode *node = &engine->plan->nodes[id];
    const uint64_t *whole = whole_bits(engine, id);

    if (engine->slots[id].bits[wanted] != NULL)
        return engine->slots[id].bits[wanted];
    if (node->kind == PLAN_NOT && node->level == PLAN_PEOPLE)
        return bits_of(engine, node->operands[0], !wanted);
    uint64_t *bits = arena_alloc(engine->arena, (word_count(engine) + 1) * sizeof *bits);
    if (whole != NULL)
        copy_bits(engine, whole, wanted, bits);
    else if ((node->kind == PLAN_AND || node->kind == PLAN_OR) && !is_looked_up(engine, id))
        join(engine, node, wanted, bits);
    else if (!engine_bits_short(engine, id, wanted, bits))
        compare_values(engine, id, wanted, bits);
    cut(engine, bits);
    return engine->slots[id].bits[wanted] = bits;
}

const uint64_t *engine_holds(Engine *engine, PlanId id)
{
    return bits_of(engine, id, true);
}

const uint64_t *engine_fails(Engine *engine, PlanId id)
{
    return bits_of(engine, id, false);
}
