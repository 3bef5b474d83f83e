#include "tests/attack/told.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { OTHER_ONE_IN = 8, NO_BIRTH_ONE_IN = 10 };

const char *const told_names[OF_COUNT] = {"length", "kind", "birth"};

void told_count(Told *told, size_t said, size_t of)
{
    told->counts[said < TOLD_SAID ? said : TOLD_SAID - 1][of < TOLD_OF ? of : TOLD_OF - 1]++;
    told->total++;
}

double told_bits(const Told *told)
{
    double said[TOLD_SAID] = {0}, of[TOLD_OF] = {0}, bits = 0, cells = 0, rows = 0, columns = 0;

    for (size_t s = 0; s < TOLD_SAID; s++) {
        for (size_t o = 0; o < TOLD_OF; o++) {
            said[s] += told->counts[s][o];
            of[o] += told->counts[s][o];
            cells += told->counts[s][o] > 0;
        }
        rows += said[s] > 0;
    }
    for (size_t o = 0; o < TOLD_OF; o++)
        columns += of[o] > 0;
    for (size_t s = 0; s < TOLD_SAID; s++) {
        for (size_t o = 0; o < TOLD_OF; o++) {
            double both = told->counts[s][o];
            bits += both > 0 ? both / told->total * log2(both * told->total / (said[s] * of[o])) : 0;
        }
    }
    return bits - (cells - rows - columns + 1) / (2 * told->total * log(2));
}

/* ---- people ---- */

static bool is_other(uint32_t person)
{
    return person % OTHER_ONE_IN == 3;
}

size_t told_of(const County *county, size_t row, int what)
{
    uint32_t place = county->files.encoded[row];
    const Person *person = &county->people->all[place];

    if (what == OF_KIND)
        return is_other(place);
    if (what == OF_BIRTH)
        return person->fields[FIELD_BORN][0] == '\0';
    return strlen(person->fields[FIELD_GIVEN]);
}

/* Longer than most, of other letters, and few of each; they begin alike, so a sorted file has them together.
 */
static void name_otherwise(uint64_t *state, char out[PERSON_TEXT])
{
    static const char *const syllables[] = {"ade", "chi", "nwa", "eze", "thi", "raj", "pra", "kum"};
    enum { SYLLABLES = 8 };

    (void)snprintf(out, PERSON_TEXT, "Szk%s%s%s", syllables[draw_below(state, SYLLABLES)],
                   syllables[draw_below(state, SYLLABLES)], syllables[draw_below(state, SYLLABLES)]);
}

County told_county(size_t count)
{
    People people = people_make(2 * count, 7);
    uint64_t state = 13;

    for (uint32_t i = 0; i < people.count; i++) {
        for (size_t f = FIELD_GIVEN; f <= FIELD_FAMILY; f++)
            if (is_other(i) && people.all[i].fields[f][0] != '\0')
                name_otherwise(&state, people.all[i].fields[f]);
        if (draw_below(&state, NO_BIRTH_ONE_IN) == 0)
            people.all[i].fields[FIELD_BORN][0] = '\0';
    }
    return county_of(people, count, 100, true);
}
