#include "tests/attack/people.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

enum { ABSENT_PER_THOUSAND = 20, POSTCODE_PEOPLE = 40, NAMES_MAX = 4000 };

static const char *const given_starts[] = {
    "Oliver", "Amelia",  "George", "Isla",  "Harry",  "Ava",   "Jack",    "Emily",  "Jacob",  "Ella",
    "Noah",   "Grace",   "Thomas", "Lily",  "James",  "Freya", "William", "Sophie", "Oscar",  "Daisy",
    "Henry",  "Phoebe",  "Samuel", "Evie",  "Joseph", "Ruby",  "Alfred",  "Alice",  "Edward", "Florence",
    "Daniel", "Matilda", "Arthur", "Rosie", "Peter",  "Susan", "David",   "Karen",  "Paul",   "Tracey"};
static const char *const family_starts[] = {
    "Smith",  "Jones",    "Taylor",  "Brown",  "Williams", "Wilson", "Johnson", "Davies",
    "Patel",  "Robinson", "Wright",  "Evans",  "Walker",   "White",  "Roberts", "Green",
    "Hall",   "Wood",     "Jackson", "Clarke", "Thompson", "Harris", "Edwards", "Turner",
    "Cooper", "Hill",     "Khan",    "Morris", "Moore",    "Ward",   "King",    "Baker",
    "Watson", "Harrison", "Morgan",  "Allen",  "James",    "Scott",  "Lee",     "Parker"};
static const char *const syllables[] = {"ash",  "bel", "car", "don",   "el",   "far", "gor", "hal",
                                        "in",   "jes", "kel", "lin",   "mar",  "nor", "os",  "per",
                                        "quin", "ros", "sal", "ter",   "ul",   "ver", "win", "yor",
                                        "ham",  "ton", "ley", "field", "wick", "by"};
enum { STARTS = 40, SYLLABLES = 30 };

uint64_t draw_next(uint64_t *state)
{
    uint64_t mixed = *state += UINT64_C(0x9E3779B97F4A7C15);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ mixed >> 31;
}

uint64_t draw_below(uint64_t *state, uint64_t below)
{
    return draw_next(state) % below;
}

/* A list of names whose shares fall like those of a real list: 1 / (rank + shift). */
typedef struct Names {
    const char *const *starts;
    double shares[NAMES_MAX]; /* running total, 1 at the end */
} Names;

static void names_fill(Names *names, const char *const *starts, double shift)
{
    double total = 0;

    names->starts = starts;
    for (size_t i = 0; i < NAMES_MAX; i++)
        names->shares[i] = total += 1 / ((double)i + shift);
    for (size_t i = 0; i < NAMES_MAX; i++)
        names->shares[i] /= total;
}

static void names_draw(const Names *names, uint64_t *state, char out[PERSON_TEXT])
{
    double at = (double)(draw_next(state) >> 11) / (double)(UINT64_C(1) << 53);
    size_t low = 0, high = NAMES_MAX - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (names->shares[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < STARTS) {
        (void)snprintf(out, PERSON_TEXT, "%s", names->starts[low]);
        return;
    }
    uint64_t made = low;
    (void)snprintf(out, PERSON_TEXT, "%s%s%s", syllables[draw_below(&made, SYLLABLES)],
                   syllables[draw_below(&made, SYLLABLES)], low % 3 == 0 ? "" : syllables[low % SYLLABLES]);
}

static void write_born(uint64_t *state, char out[PERSON_TEXT])
{
    unsigned year = 1930 + (unsigned)draw_below(state, 90), month = 1 + (unsigned)draw_below(state, 12);

    (void)snprintf(out, PERSON_TEXT, "%04u-%02u-%02u", year, month, 1 + (unsigned)draw_below(state, 28));
}

static void write_postcode(size_t place, char out[PERSON_TEXT])
{
    static const char letters[] = "ABDEFGHJLNPQRSTUWXYZ";

    (void)snprintf(out, PERSON_TEXT, "ZZ%zu %zu%c%c", 1 + place / 300 % 60, place / 150 % 9 + 1,
                   letters[place % 20], letters[place / 20 % 20]);
}

static void maybe_drop(uint64_t *state, Person *person)
{
    for (size_t i = 0; i < 5; i++) {
        if (draw_below(state, 1000) < ABSENT_PER_THOUSAND)
            person->fields[i][0] = '\0';
    }
}

People people_make(size_t count, uint64_t seed)
{
    People people = {.kinds = {ENCODING_GIVEN_NAME, ENCODING_FAMILY_NAME, ENCODING_BIRTH_DATE, ENCODING_SEX,
                               ENCODING_POSTCODE},
                     .field_count = 5,
                     .all = memory_alloc(count * sizeof *people.all),
                     .count = count};
    Names *given = memory_alloc(sizeof *given), *family = memory_alloc(sizeof *family);
    size_t left = 0;
    char home_name[PERSON_TEXT];

    names_fill(given, given_starts, 3);
    names_fill(family, family_starts, 8);
    for (size_t i = 0; i < count; i++) {
        Person *person = &people.all[i];
        if (left == 0) {
            left = 1 + draw_below(&seed, 5);
            names_draw(family, &seed, home_name);
        }
        left--;
        names_draw(given, &seed, person->fields[0]);
        memcpy(person->fields[1], home_name, PERSON_TEXT);
        if (draw_below(&seed, 6) == 0)
            names_draw(family, &seed, person->fields[1]);
        write_born(&seed, person->fields[2]);
        person->fields[3][0] = draw_below(&seed, 2) == 0 ? '1' : '2';
        write_postcode(i / POSTCODE_PEOPLE, person->fields[4]);
        maybe_drop(&seed, person);
    }
    memory_free(given);
    memory_free(family);
    return people;
}

void people_close(People *people)
{
    memory_free(people->all);
    people->all = NULL;
}

/* ---- two files ---- */

static void shuffle(uint32_t *items, size_t count, uint64_t *state)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = draw_below(state, i);
        uint32_t kept = items[i - 1];
        items[i - 1] = items[other];
        items[other] = kept;
    }
}

Files files_make(const People *people, size_t count, int overlap, uint64_t seed)
{
    Files files = {.people = people, .count = count, .overlap = overlap};
    uint32_t *all = memory_alloc(people->count * sizeof *all);
    size_t shared = count * (size_t)overlap / 100;

    for (size_t i = 0; i < people->count; i++)
        all[i] = (uint32_t)i;
    /* Neighbours stay together: the files are of one county, not of a country's sprinkled people. */
    shuffle(all, 2 * count - shared, &seed);
    files.encoded = memory_alloc(count * sizeof *files.encoded);
    files.plain = memory_alloc(count * sizeof *files.plain);
    memcpy(files.encoded, all, count * sizeof *all);
    memcpy(files.plain, all + count - shared, count * sizeof *all);
    shuffle(files.encoded, count, &seed);
    shuffle(files.plain, count, &seed);
    memory_free(all);
    return files;
}

void files_close(Files *files)
{
    memory_free(files->encoded);
    memory_free(files->plain);
    *files = (Files){0};
}
