#include "synth/names.h"

#include "synth/names_tables.h"

/* Common names come first in each list: the lower of two draws makes them more frequent. */
static uint16_t draw_uneven(Stream *stream, NameRange range)
{
    uint32_t a = random_below(stream, range.count), b = random_below(stream, range.count);
    return (uint16_t)(range.first + (a < b ? a : b));
}

uint16_t names_draw_family(Stream *stream, int group)
{
    if (group == 0 && random_chance(stream, 80000))
        return draw_uneven(stream, FAMILY_EUROPEAN);
    return draw_uneven(stream, FAMILY_BY_GROUP[group]);
}

static size_t cohort_of(int birth_year)
{
    if (birth_year < 1955)
        return 0;
    return birth_year < 1990 ? 1 : 2;
}

uint16_t names_draw_given(Stream *stream, int group, int sex, int birth_year)
{
    size_t is_female = sex == 2;

    if (group == 2)
        return draw_uneven(stream, GIVEN_ASIAN[is_female]);
    if (group == 0 && random_chance(stream, 60000))
        return draw_uneven(stream, GIVEN_EUROPEAN[is_female]);
    return draw_uneven(stream, GIVEN_BY_COHORT[cohort_of(birth_year)][is_female]);
}

const char *names_family(uint16_t index)
{
    return FAMILY_NAMES[index];
}

const char *names_given(uint16_t index)
{
    return GIVEN_NAMES[index];
}

const char *names_street(uint16_t index)
{
    return STREET_NAMES[index % STREET_COUNT];
}
