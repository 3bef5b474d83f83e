/* What a pseudonymiser counts before it makes its first row, and what its encodings say of that. */
#include "pseudonymise/pseudonymiser.h"
#include "tests/pseudonymise/fixture.h"

/* docs/linkage.md: two bits a field; the family name is the second. */
enum { AT_CLASSES_END = 23, FAMILY_SHIFT = 2, UNKNOWN = 0, COMMON = 1, MIDDLING = 2, RARE = 3 };
enum { BLOCK_LEAST = 10, NAME_BYTES = 16 };

typedef struct Bench {
    Keyring *keyring;
    Pseudonymiser *pseudonymiser;
} Bench;

static Bench open_bench(void)
{
    const PseudonymiserOptions options = {.source = "patient_list", .encodes = true};
    Bench bench = {.keyring = fixture_keyring()};
    Error error = {0};

    cr_assert(pseudonymiser_create(bench.keyring, &options, &bench.pseudonymiser, &error).ok, "%s",
              error.message);
    return bench;
}

static void close_bench(Bench *bench)
{
    pseudonymiser_close(&bench->pseudonymiser);
    keyring_close(&bench->keyring);
}

TestSuite(observe, .fini = fixture_clear);

/* Somebody: a family name, and a number of theirs that makes them a subject of their own. */
typedef struct Somebody {
    const char *family, *birth_date;
    int number;
    bool is_withheld;
} Somebody;

static void add(Bench *bench, const Somebody *somebody)
{
    char number[NAME_BYTES];
    RawIdentity identity = {.event_date = DATE_NONE, .is_withheld = somebody->is_withheld};
    const RawRow raw = {.identity = &identity};

    (void)snprintf(number, sizeof number, "%d", somebody->number);
    identity.fields[IDENTITY_LOCAL_ID] = text_from(number);
    identity.fields[IDENTITY_FAMILY_NAME] = text_from(somebody->family);
    identity.fields[IDENTITY_BIRTH_DATE] = text_from(somebody->birth_date);
    pseudonymise_add(bench->pseudonymiser, &raw);
}

static void observe(Bench *bench, const Somebody *somebody)
{
    Error error = {0};

    add(bench, somebody);
    cr_assert(pseudonymise_observe(bench->pseudonymiser, &error).ok, "%s", error.message);
}

static Text encode(Bench *bench, const Somebody *somebody)
{
    size_t count;
    Error error = {0};

    add(bench, somebody);
    cr_assert(pseudonymise_rows(bench->pseudonymiser, &count, &error).ok, "%s", error.message);
    cr_assert_eq(count, 1U);
    return tokenised_row_encoding(pseudonymise_row(bench->pseudonymiser, 0));
}

static unsigned class_of(Text encoding)
{
    return (unsigned char)encoding.data[AT_CLASSES_END] >> FAMILY_SHIFT & 3;
}

/* So many people, each of a family of its own but for every so manieth, who is a Smith. */
static void observe_people(Bench *bench, int count, int smith_each)
{
    char name[NAME_BYTES];

    for (int i = 0; i < count; i++) {
        (void)snprintf(name, sizeof name, "name%d", i);
        observe(bench, &(Somebody){i % smith_each == 0 ? "Smith" : name, "", i, false});
    }
}

/* Switch: the call of seen_contains in observe_subjects; without it each counts twice and no token is left.
 */
Test(observe, a_subject_counts_once_however_often_it_comes_and_a_withheld_row_never)
{
    SCOPED(close_bench) Bench bench = open_bench();

    for (int i = 0; i < 2 * BLOCK_LEAST; i++)
        observe(&bench, &(Somebody){"Lee", "1961-05-02", i / 2, false});
    for (int i = 0; i < BLOCK_LEAST; i++)
        observe(&bench, &(Somebody){"Lee", "1961-05-02", 1000 + i, true});

    cr_expect_gt(encode(&bench, &(Somebody){"Lee", "1961-05-02", 0, false}).length, 0U);
}

/* Switch: pseudonymise_observe; where it counts nobody there is a token. */
Test(observe, who_shares_every_block_with_too_many_has_no_encoding)
{
    SCOPED(close_bench) Bench bench = open_bench();

    for (int i = 0; i <= BLOCK_LEAST; i++)
        observe(&bench, &(Somebody){"Lee", "1961-05-02", i, false});

    cr_expect_eq(encode(&bench, &(Somebody){"Lee", "1961-05-02", 0, false}).length, 0U);
}

/* Switch: bundle_observe. */
Test(observe, an_encoding_says_how_common_its_values_are_in_what_was_observed)
{
    SCOPED(close_bench) Bench bench = open_bench();

    observe_people(&bench, 4096, 100);

    cr_expect_eq(class_of(encode(&bench, &(Somebody){"Smith", "1961-05-02", 0, false})), COMMON);
    cr_expect_eq(class_of(encode(&bench, &(Somebody){"name7", "1961-05-02", 7, false})), MIDDLING);
    cr_expect_eq(class_of(encode(&bench, &(Somebody){"Nobody", "1961-05-02", 8, false})), RARE);
}

/* A month of few is no measure of who is common. Switch: KNOWN_FROM. */
Test(observe, of_few_people_no_class_is_told)
{
    SCOPED(close_bench) Bench bench = open_bench();

    observe_people(&bench, 1023, 100);

    cr_expect_eq(class_of(encode(&bench, &(Somebody){"Smith", "1961-05-02", 0, false})), UNKNOWN);
}

/* Switch: the comparison with MIDDLING_FROM. */
Test(observe, of_a_few_thousand_only_who_is_common_is_told)
{
    SCOPED(close_bench) Bench bench = open_bench();

    observe_people(&bench, 1024, 100);

    cr_expect_eq(class_of(encode(&bench, &(Somebody){"Smith", "1961-05-02", 0, false})), COMMON);
    cr_expect_eq(class_of(encode(&bench, &(Somebody){"name7", "1961-05-02", 7, false})), UNKNOWN);
}

/* Switch: wipe_waiting in pseudonymise_observe. */
Test(observe, what_was_observed_leaves_no_identifier_and_no_row)
{
    SCOPED(close_bench) Bench bench = open_bench();
    size_t count = 1;
    Error error = {0};

    observe(&bench, &(Somebody){"Lee", "1961-05-02", 1, false});

    cr_expect_eq(bench.pseudonymiser->drafts[0].bundle.fields[IDENTITY_FAMILY_NAME].length, 0U);
    cr_assert(pseudonymise_rows(bench.pseudonymiser, &count, &error).ok);
    cr_expect_eq(count, 0U);
    cr_expect_eq(pseudonymiser_use(bench.pseudonymiser).subject, 1, "the keyed hash is one that was made");
    cr_expect_eq(pseudonymiser_use(bench.pseudonymiser).encoding, 0);
}
