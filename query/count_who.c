/* Who stands in a place. */
#include "query/count.h"

static inline uint32_t first_of(uint32_t word, uint64_t bits)
{
    return word * 64 + (uint32_t)__builtin_ctzll(bits);
}

/* begin[place] runs to the end of the place, which is the beginning of the next. */
static void order_people(CountPeople *who, Arena *arena)
{
    uint32_t *begin = arena_alloc(arena, ((size_t)who->place_count + 2) * sizeof *begin);

    for (uint32_t word = 0; word < (who->people + 63) / 64; word++)
        for (uint64_t bits = who->cohort[word]; bits != 0; bits &= bits - 1)
            begin[who->places[first_of(word, bits)] + 2]++;
    for (uint32_t place = 0; place < who->place_count; place++)
        begin[place + 2] += begin[place + 1];
    who->order = arena_alloc(arena, ((size_t)begin[who->place_count + 1] + 1) * sizeof *who->order);
    for (uint32_t word = 0; word < (who->people + 63) / 64; word++)
        for (uint64_t bits = who->cohort[word]; bits != 0; bits &= bits - 1)
            who->order[begin[who->places[first_of(word, bits)] + 1]++] = first_of(word, bits);
    who->begin = begin;
}

const uint32_t *count_people_at(const CountTable *table, size_t place, Arena *arena, size_t *count)
{
    CountPeople *who = table->who;
    uint16_t at = table->who_places[place];

    if (who->begin == NULL)
        order_people(who, arena);
    *count = who->begin[at + 1] - who->begin[at];
    return who->order + who->begin[at];
}
