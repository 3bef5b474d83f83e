/* A7: what two databases of one region hold of the same people, each for a purpose of its own, joined by
 * whoever has both and no key: subjects' numbers, places in the table, sealed encodings. The hubs have the
 * regional key in common, and their own keys else. A8: what one of them tells of people beside the bits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "pseudonymise/pseudonymiser.h"
#include "tests/attack/joined.h"
#include "tests/attack/told.h"
#include "tests/pseudonymise/fixture.h"

TestSuite(stored, .fini = fixture_clear);

enum { PEOPLE = 2000, LOADS = 4, WORD = 8 };
enum { NUMBER_AT = 0, PLACE_AT = 8, LENGTH_AT = 16, ONES_AT = 24, WHOSE_AT = 32, SEALED_AT = 40 };

static uint64_t word_at(const uint8_t *row, size_t at)
{
    uint64_t word;

    memcpy(&word, row + at, sizeof word);
    return word;
}

/* ---- a hub ---- */

static void put_key(const char *hub, const char *file, int first)
{
    char name[FIXTURE_PATH_BYTES], path[FIXTURE_PATH_BYTES];

    (void)snprintf(name, sizeof name, "%s/%s", hub, file);
    cr_assert_eq(unlink(fixture_path(name, path)), 0);
    fixture_counting_key(name, first);
}

/* The same keys in every run, so that chance is no other; what encodings are sealed to is drawn. */
static Keyring *open_hub(const char *name, int subjects_key)
{
    char path[FIXTURE_PATH_BYTES];
    Error error = {0};

    cr_assert(keyring_create(fixture_path(name, path), NULL, &error).ok, "%s", error.message);
    put_key(name, "regional.key", 1);
    put_key(name, "subjects.key", subjects_key);
    return fixture_open(path);
}

static Pseudonymiser *open_pseudonymiser(const Keyring *keyring)
{
    const PseudonymiserOptions options = {.source = "list", .encodes = true};
    Pseudonymiser *made = NULL;
    Error error = {0};

    cr_assert(pseudonymiser_create(keyring, &options, &made, &error).ok, "%s", error.message);
    return made;
}

static void add_person(Pseudonymiser *pseudonymiser, const County *county, size_t i)
{
    static const IdentityField of[] = {IDENTITY_GIVEN_NAME, IDENTITY_FAMILY_NAME, IDENTITY_BIRTH_DATE,
                                       IDENTITY_SEX, IDENTITY_POSTCODE};
    const Person *person = &county->people->all[county->files.encoded[i]];
    RawIdentity identity = {.event_date = DATE_NONE};
    const RawRow row = {.line = i, .identity = &identity};

    for (size_t f = 0; f < sizeof of / sizeof *of; f++)
        identity.fields[of[f]] = text_from(person->fields[f]);
    pseudonymise_add(pseudonymiser, &row);
}

static void observe_all(Pseudonymiser *pseudonymiser, const County *county)
{
    Error error = {0};

    for (size_t i = 0; i < county->files.count; i++) {
        add_person(pseudonymiser, county, i);
        if (pseudonymise_is_full(pseudonymiser) || i + 1 == county->files.count)
            cr_assert(pseudonymise_observe(pseudonymiser, &error).ok, "%s", error.message);
    }
}

/* A hub's table as it is stored, by so many loads, and as it would be stored without sealing. */
typedef struct Store {
    EncodingSealer *sealers[LOADS];
    Table sealed[LOADS], opened;
} Store;

static uint64_t ones_of(Text text)
{
    uint64_t ones = 0;

    for (size_t i = 0; i < text.length; i++)
        ones += (uint64_t)__builtin_popcount((uint8_t)text.data[i]);
    return ones;
}

/* whose: their place in the file. */
static void add_row(Table *table, const TokenisedRow *row, Text head, Text filters)
{
    int64_t number = tokenised_row_subject(row)->subject_id;
    uint64_t length = head.length + filters.length, ones = ones_of(head) + ones_of(filters);
    uint64_t whose = tokenised_row_line(row);
    uint8_t *made = memory_alloc(SEALED_AT + length);

    memcpy(made + NUMBER_AT, &number, sizeof number);
    memcpy(made + LENGTH_AT, &length, sizeof length);
    memcpy(made + ONES_AT, &ones, sizeof ones);
    memcpy(made + WHOSE_AT, &whose, sizeof whose);
    memcpy(made + SEALED_AT, head.data, head.length);
    if (filters.length > 0)
        memcpy(made + SEALED_AT + head.length, filters.data, filters.length);
    table->rows[table->count++] = made;
}

/* Who came before, or has no encoding, has no row: at neither hub, so the tables stay side by side. */
static void store(Store *store, const TokenisedRow *row)
{
    Text encoding = tokenised_row_encoding(row), head, filters;
    int64_t number = tokenised_row_subject(row)->subject_id;
    Error error = {0};

    if (!tokenised_row_subject_is_new(row) || encoding.length == 0)
        return;
    for (size_t i = 0; i < LOADS; i++) {
        cr_assert(encoding_seal(store->sealers[i], number, encoding, &head, &filters, &error).ok, "%s",
                  error.message);
        add_row(&store->sealed[i], row, head, filters);
    }
    add_row(&store->opened, row, encoding, (Text){0});
}

static int by_number(const void *a, const void *b)
{
    int64_t left = (int64_t)word_at(*(uint8_t *const *)a, NUMBER_AT),
            right = (int64_t)word_at(*(uint8_t *const *)b, NUMBER_AT);

    return (left > right) - (left < right);
}

/* Rows lie in the order of their numbers. */
static void note_places(const Table *table)
{
    uint8_t **rows = memory_alloc(table->count * sizeof *rows);

    memcpy(rows, table->rows, table->count * sizeof *rows);
    qsort(rows, table->count, sizeof *rows, by_number);
    for (uint64_t place = 0; place < table->count; place++)
        memcpy(rows[place] + PLACE_AT, &place, sizeof place);
    memory_free(rows);
}

static void close_store(Store *store)
{
    for (size_t i = 0; i < LOADS; i++) {
        table_close_rows(&store->sealed[i]);
        encoding_sealer_close(&store->sealers[i]);
    }
    table_close_rows(&store->opened);
}

static Store open_store(const Keyring *keyring, size_t count)
{
    Store made = {.opened.rows = memory_alloc(count * sizeof(uint8_t *))};
    Error error = {0};

    for (size_t i = 0; i < LOADS; i++) {
        cr_assert(encoding_sealer_create(keyring, (int64_t)i + 1, &made.sealers[i], &error).ok, "%s",
                  error.message);
        made.sealed[i].rows = memory_alloc(count * sizeof(uint8_t *));
    }
    return made;
}

static Store store_all(const County *county, const char *hub, int subjects_key)
{
    SCOPED(keyring_close) Keyring *keyring = open_hub(hub, subjects_key);
    SCOPED(pseudonymiser_close) Pseudonymiser *pseudonymiser = open_pseudonymiser(keyring);
    Store stored = open_store(keyring, county->files.count);
    Error error = {0};
    size_t count;

    observe_all(pseudonymiser, county);
    for (size_t i = 0; i < county->files.count; i++) {
        add_person(pseudonymiser, county, i);
        if (!pseudonymise_is_full(pseudonymiser) && i + 1 < county->files.count)
            continue;
        cr_assert(pseudonymise_rows(pseudonymiser, &count, &error).ok, "%s", error.message);
        for (size_t r = 0; r < count; r++)
            store(&stored, pseudonymise_row(pseudonymiser, r));
    }
    for (size_t i = 0; i < LOADS; i++)
        note_places(&stored.sealed[i]);
    note_places(&stored.opened);
    return stored;
}

/* ---- who has both ---- */

static double density_of(const uint8_t *row)
{
    return (double)word_at(row, ONES_AT) / (double)word_at(row, LENGTH_AT);
}

static size_t equal_words(const uint8_t *a, const uint8_t *b)
{
    uint64_t length =
        word_at(a, LENGTH_AT) < word_at(b, LENGTH_AT) ? word_at(a, LENGTH_AT) : word_at(b, LENGTH_AT);
    size_t equal = 0;

    for (size_t at = SEALED_AT; at + WORD <= SEALED_AT + length; at += WORD)
        equal += word_at(a, at) == word_at(b, at);
    return equal;
}

static Features stored_of(const uint8_t *a, const uint8_t *b)
{
    Features features = {.count = 0};
    double apart = fabs((double)word_at(a, PLACE_AT) - (double)word_at(b, PLACE_AT));

    features_add(&features, word_at(a, NUMBER_AT) == word_at(b, NUMBER_AT));
    features_add(&features, log2(1 + apart));
    features_add(&features, fabs((double)word_at(a, LENGTH_AT) - (double)word_at(b, LENGTH_AT)) / WORD);
    features_add(&features, 200 * fabs(density_of(a) - density_of(b)));
    features_add(&features, (double)equal_words(a, b) / WORD);
    return features;
}

/* others: of so many loads; the mean, since what is drawn for a load has its own chance. */
static double joined_of(const char *what, const Table *ones, const Table *others, size_t loads)
{
    Outcome outcome = {.share = 0};

    for (size_t i = 0; i < loads; i++) {
        const Joined joined = {.one = &ones[i], .other = &others[i], .look = stored_of};
        cr_assert_eq(ones[i].count, others[i].count);
        outcome.share += joined_area(&joined) / (double)loads;
    }
    county_say(what, 100, &outcome);
    return outcome.share;
}

/* Switches: names_lock_subjects in pseudonymise.c (the first control joins by numbers), encoding_seal as
 * ingest/encodings.c calls it (the second joins by what it hides). */
Test(stored, tables_of_two_purposes_are_joined_by_chance)
{
    County county = county_make(PEOPLE, 100, true);
    SCOPED(close_store) Store flu = store_all(&county, "flu", 65);
    SCOPED(close_store) Store fire = store_all(&county, "fire", 129);

    double one_hub = joined_of("A7 stored, one hub, two loads", &flu.sealed[0], &flu.sealed[1], 1),
           unsealed = joined_of("A7 stored, neither sealed", &flu.opened, &fire.opened, 1),
           apart = joined_of("A7 stored, two purposes", flu.sealed, fire.sealed, LOADS);

    cr_expect_gt(one_hub, 0.95);
    cr_expect_gt(unsealed, 0.95);
    cr_expect_leq(apart, 0.52, "%.4f", apart);
    county_close(&county);
}

/* ---- A8: who has one table and no key ---- */

enum { STEPS = 8, BY_LENGTH = 0, BY_ONES, BY_PLACE, BY_FILE, BY_COUNT };
static const char *const by_names[BY_COUNT] = {"length", "ones", "place", "file"};

static size_t bounded(double step)
{
    return step < 0 ? 0 : step >= STEPS ? STEPS - 1 : (size_t)step;
}

static size_t said_by(const Table *table, size_t row, int channel)
{
    const uint8_t *stored = table->rows[row];
    double length = (double)word_at(stored, LENGTH_AT), ones = (double)word_at(stored, ONES_AT);

    switch (channel) {
    case BY_LENGTH:
        return (size_t)length / 64;
    case BY_ONES: /* how far from half of all bits, in standard deviations of chance */
        return bounded(STEPS / 2.0 + (ones - 4 * length) / sqrt(2 * length));
    case BY_PLACE:
        return word_at(stored, PLACE_AT) * STEPS / table->count;
    default:
        return word_at(stored, WHOSE_AT) * STEPS / table->count;
    }
}

static double told_by(const County *county, const Table *table, int channel, int what)
{
    Told *told = memory_alloc(sizeof *told);

    for (size_t i = 0; i < table->count; i++)
        told_count(told, said_by(table, i, channel),
                   told_of(county, word_at(table->rows[i], WHOSE_AT), what));
    double bits = told_bits(told);
    memory_free(told);
    return bits;
}

static const County *sorted_county;

static int by_family_name(const void *a, const void *b)
{
    const Person *all = sorted_county->people->all;

    return strcmp(all[*(const uint32_t *)a].fields[FIELD_FAMILY],
                  all[*(const uint32_t *)b].fields[FIELD_FAMILY]);
}

/* Of all loads, on average. */
static double told_sealed(const County *county, const Store *stored, int channel, int what)
{
    Outcome outcome = {.share = 0};
    char attack[64];

    for (size_t i = 0; i < LOADS; i++)
        outcome.share += told_by(county, &stored->sealed[i], channel, what) / LOADS;
    (void)snprintf(attack, sizeof attack, "A8 stored, bits told of %s by %s", told_names[what],
                   by_names[channel]);
    county_say(attack, 100, &outcome);
    return outcome.share;
}

/* A provider's file is in the order of names, as exports are. Switches: the zeros of seal_part in
 * pseudonymise/encoding_seal.c; that places go by subjects' numbers holds `ingest` in the tables themselves.
 */
Test(stored, a_table_tells_nothing_of_names_and_what_is_missing_by_length_ones_and_place)
{
    County county = told_county(PEOPLE);
    sorted_county = &county;
    qsort(county.files.encoded, county.files.count, sizeof *county.files.encoded, by_family_name);
    SCOPED(close_store) Store stored = store_all(&county, "flu", 65);

    for (int channel = BY_LENGTH; channel <= BY_PLACE; channel++) {
        for (int what = 0; what < OF_COUNT; what++) {
            double bits = told_sealed(&county, &stored, channel, what);
            cr_expect_leq(bits, 0.02, "%s by %s: %.4f", told_names[what], by_names[channel], bits);
        }
    }
    cr_expect_gt(told_by(&county, &stored.opened, BY_LENGTH, OF_BIRTH), 0.10, "unsealed it is told");
    cr_expect_gt(told_by(&county, &stored.opened, BY_FILE, OF_KIND), 0.10, "the order of the file tells");
    county_close(&county);
}
