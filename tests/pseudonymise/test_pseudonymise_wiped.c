/* What rows leave in memory: nothing; and what is kept while they wait. */
#include <openssl/evp.h>

#include "tests/pseudonymise/rows.h"

TestSuite(pseudonymise_wiped, .fini = fixture_clear);

/* The reader's memory is another row's by then. */
Test(pseudonymise_wiped, the_payload_is_kept_while_a_row_waits)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity identity = someone();
    char word[] = "E", packed[] = "of several columns", long_word[5000];
    memset(long_word, 'w', sizeof long_word);
    const Value payload[] = {value_int4(7),
                             value_text(text_from(word)),
                             value_null(VALUE_TEXT),
                             value_text((Text){.data = long_word, .length = sizeof long_word}),
                             {.type = VALUE_PACKED, .packed_count = 3, .text = text_from(packed)}};
    const RawRow raw = {.line = 9, .identity = &identity, .payload = payload, .payload_count = 5};
    size_t count = 0;
    Error error = {0};

    pseudonymise_add(bench.pseudonymiser, &raw);
    memset(word, 0, sizeof word);
    memset(packed, 0, sizeof packed);
    memset(long_word, 0, sizeof long_word);
    cr_assert(pseudonymise_rows(bench.pseudonymiser, &count, &error).ok);

    const TokenisedRow *row = pseudonymise_row(bench.pseudonymiser, 0);
    const Value *kept = tokenised_row_payload(row, &count);
    cr_expect_eq(count, 5);
    cr_expect_eq(tokenised_row_line(row), 9);
    cr_expect_eq(kept[0].integer, 7);
    cr_expect(text_equal(kept[1].text, TEXT("E")));
    cr_expect(kept[2].is_null);
    cr_expect_eq(kept[3].text.length, sizeof long_word);
    cr_expect_eq(kept[3].text.data[4999], 'w');
    cr_expect_eq(kept[4].packed_count, 3);
    cr_expect(text_equal(kept[4].text, TEXT("of several columns")));
    bench_close(&bench);
}

/* Rows of several kinds in one turn: alone, each is what it is among the others. */
Test(pseudonymise_wiped, rows_made_together_are_those_made_alone)
{
    enum { KINDS = 4 };
    RawIdentity identities[KINDS] = {someone(), someone(), {.event_date = DATE_NONE}, someone()};
    static const Text keys[KINDS] = {
        {"one", 3}, {"", 0}, {"a key of more than one block of sixteen", 39}, {"4", 1}};
    int64_t ids[KINDS], record_keys[KINDS] = {0}, record_key;
    size_t count;
    Error error = {0};
    identities[1].fields[IDENTITY_NHS_NUMBER] = TEXT("4010232137");
    identities[3].is_withheld = true;
    Bench bench = bench_open(&patient_list);
    for (int i = 0; i < KINDS; i++) {
        const TokenisedRow *row = row_of(&bench, &identities[i], keys[i]);
        ids[i] = tokenised_row_subject(row) != NULL ? tokenised_row_subject(row)->subject_id : 0;
        (void)tokenised_row_record_key(row, &record_keys[i]);
    }
    Pseudonymiser *fresh = NULL;
    cr_assert(pseudonymiser_create(bench.keyring, &patient_list, &fresh, &error).ok);
    pseudonymiser_close(&bench.pseudonymiser);
    bench.pseudonymiser = fresh;

    for (int i = 0; i < PSEUDONYMISE_ROWS; i++) {
        cr_expect_not(pseudonymise_is_full(bench.pseudonymiser));
        add_row(&bench, &identities[i % KINDS], (RawKeys){.own = keys[i % KINDS]});
    }
    cr_expect(pseudonymise_is_full(bench.pseudonymiser));
    cr_assert(pseudonymise_rows(bench.pseudonymiser, &count, &error).ok);

    cr_assert_eq(count, PSEUDONYMISE_ROWS);
    for (int i = 0; i < PSEUDONYMISE_ROWS; i++) {
        const TokenisedRow *row = pseudonymise_row(bench.pseudonymiser, (size_t)i);
        const Subject *subject = tokenised_row_subject(row);
        cr_expect_eq(subject != NULL ? subject->subject_id : 0, ids[i % KINDS]);
        cr_expect_eq(tokenised_row_record_key(row, &record_key), keys[i % KINDS].length > 0);
        cr_expect(keys[i % KINDS].length == 0 || record_key == record_keys[i % KINDS]);
        cr_expect_eq(tokenised_row_subject_is_new(row), i < 2, "each person once");
    }
    cr_expect_not(pseudonymise_is_full(bench.pseudonymiser));
    cr_assert(pseudonymise_rows(bench.pseudonymiser, &count, &error).ok);
    cr_expect_eq(count, 0, "given once");
    bench_close(&bench);
}

static bool holds(const void *memory, size_t length, const char *needle)
{
    return memmem(memory, length, needle, strlen(needle)) != NULL;
}

static void expect_not_in(const Draft *draft, const char *needle)
{
    const Message *identity = &draft->bundle.message;

    cr_expect_not(holds(identity->bytes, identity->capacity, needle), "%s", needle);
    for (size_t i = 0; i < draft->key_count; i++) {
        const Message *key = &draft->keys[i].message;
        cr_expect_not(holds(key->bytes, key->capacity, needle), "%s", needle);
    }
}

static void expect_nowhere(const Pseudonymiser *pseudonymiser, const char *needle)
{
    cr_expect_not(holds(pseudonymiser, sizeof *pseudonymiser, needle), "%s", needle);
    for (size_t i = 0; i < PSEUDONYMISE_ROWS; i++)
        expect_not_in(&pseudonymiser->drafts[i], needle);
}

/* Goes red when pseudonymise_rows no longer calls draft_wipe. */
Test(pseudonymise_wiped, no_identifier_remains_in_the_pseudonymisers_memory_after_a_row)
{
    static const char *const needles[] = {"9434765919", "4010232137",  "A123",       "100012345678",
                                          "ME14",       "1XQ",         "1980-02-29", "o brien",
                                          "zoe",        "high street", "recordkey",  "otherkey"};
    static char long_name[20000];
    const Text references[] = {TEXT("otherkey"), TEXT("otherkey")};
    Bench bench = bench_open(&referring);
    RawIdentity identity = someone();
    const RawKeys keys = {TEXT("recordkey"), references};
    size_t count;
    Error error = {0};
    for (size_t i = 0; i < PSEUDONYMISE_ROWS; i++)
        add_row(&bench, &identity, keys);
    cr_assert(pseudonymise_rows(bench.pseudonymiser, &count, &error).ok, "%s", error.message);

    for (size_t i = 0; i < sizeof needles / sizeof needles[0]; i++)
        expect_nowhere(bench.pseudonymiser, needles[i]);

    /* Once more through a message that has to grow. */
    memset(long_name, 'q', sizeof long_name);
    identity.fields[IDENTITY_FAMILY_NAME] = (Text){.data = long_name, .length = sizeof long_name};
    (void)row_with(&bench, &identity, keys);
    expect_nowhere(bench.pseudonymiser, "9434765919");
    expect_nowhere(bench.pseudonymiser, "qqqq");
    bench_close(&bench);
}

/* The same, when making the row fails in its last step. Goes red when pseudonymise_rows returns before it
 * wipes. */
Test(pseudonymise_wiped, no_identifier_remains_in_the_pseudonymisers_memory_after_a_failure)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity identity = someone();
    size_t count = 1;
    Error error = {0};
    EVP_CIPHER_CTX *keyless = EVP_CIPHER_CTX_new(),
                   **locked = (EVP_CIPHER_CTX **)bench.pseudonymiser->record_hash;
    EVP_CIPHER_CTX_free(*locked); /* a CMAC's first member */
    *locked = keyless;

    add_row(&bench, &identity, (RawKeys){.own = TEXT("recordkey")});
    cr_expect_not(pseudonymise_rows(bench.pseudonymiser, &count, &error).ok);

    cr_expect_eq(count, 0);
    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_str_eq(error.message, "AES-256: OpenSSL refused");
    expect_nowhere(bench.pseudonymiser, "9434765919");
    expect_nowhere(bench.pseudonymiser, "o brien");
    expect_nowhere(bench.pseudonymiser, "recordkey");
    bench_close(&bench);
}
