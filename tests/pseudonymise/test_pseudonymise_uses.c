/* What a key is used for is counted, and behind its last day there is no use. */
#include "tests/pseudonymise/rows.h"

TestSuite(pseudonymise_uses, .fini = fixture_clear);

Test(pseudonymise_uses, each_use_of_a_key_is_counted)
{
    SCOPED(bench_close) Bench bench = bench_open(&patient_list);
    RawIdentity identity = someone(), nobody = {.event_date = DATE_NONE};
    char text[KEY_USE_BYTES];

    (void)row_of(&bench, &identity, TEXT("1"));
    (void)row_of(&bench, &identity, TEXT("2"));
    (void)row_of(&bench, &nobody, TEXT("3"));
    KeyUse use = pseudonymiser_use(bench.pseudonymiser);

    cr_expect_eq(use.inner[TOKEN_NHS_NUMBER], 2, "the number and the superseded one, once");
    cr_expect_eq(use.inner[TOKEN_LOCAL_ID], 1);
    cr_expect_eq(use.inner[TOKEN_UPRN], 1);
    cr_expect_eq(use.inner[TOKEN_FOREIGN], 0);
    cr_expect_eq(use.inner[TOKEN_ADDRESS], 1);
    cr_expect_eq(use.outer, 5);
    cr_expect_eq(use.older, 0);
    cr_expect_eq(use.subject, 2);
    cr_expect_eq(use.record, 3);
    cr_expect(text_equal(key_use_text(&use, text),
                         TEXT("keys hub-2.outer=5 regional.nhs_number=2 regional.local_id=1 regional.uprn=1"
                              " regional.address=1 regional.subject=2 regional.record=3 subjects.outer=5")),
              "%s", text);
}

Test(pseudonymise_uses, the_longest_text_of_key_use_fits)
{
    const int64_t most = INT64_MAX;
    const KeyUse use = {999, {most, most, most, most, most}, most, most, most, most, most, most, 999, most,
                        most};
    char text[KEY_USE_BYTES];

    Text told = key_use_text(&use, text);

    cr_expect_not_null(strstr(text, "encodings-older.opened=9223372036854775807"));
    cr_expect_lt(told.length, KEY_USE_BYTES);
}

/* Switch: keyring_check_day in pseudonymiser_create. */
Test(pseudonymise_uses, behind_the_last_day_of_a_key_nothing_is_pseudonymised)
{
    char path[FIXTURE_PATH_BYTES];
    static const int versions[] = {0, 2}; /* the regional key, the current hub key */
    Error error = {0};
    (void)fixture_keyring_folder(path);

    for (size_t i = 0; i < 2; i++) {
        Pseudonymiser *made = NULL;
        cr_assert(keyring_expire(path, versions[i], date_today() - 1, &error).ok, "%s", error.message);
        Keyring *keyring = fixture_open(path);

        cr_expect_not(pseudonymiser_create(keyring, &patient_list, &made, &error).ok);
        cr_expect_eq(error.code, ERROR_CONFIG);
        cr_expect_not_null(strstr(error.message, "past its last day"), "%s", error.message);
        cr_expect_null(made);
        keyring_close(&keyring);

        cr_assert(keyring_expire(path, versions[i], date_today(), &error).ok, "%s", error.message);
        keyring = fixture_open(path);
        cr_expect(pseudonymiser_create(keyring, &patient_list, &made, &error).ok,
                  "its last day is one of its own");
        pseudonymiser_close(&made);
        keyring_close(&keyring);
    }
}

Test(pseudonymise_uses, encodings_are_counted_where_they_are_made)
{
    const PseudonymiserOptions encoding = {.source = "patient_list", .encodes = true};
    SCOPED(bench_close) Bench bench = bench_open(&encoding);
    RawIdentity identity = someone();

    (void)row_of(&bench, &identity, TEXT(""));
    (void)row_of(&bench, &identity, TEXT(""));

    cr_expect_eq(pseudonymiser_use(bench.pseudonymiser).encoding, 1, "of a new subject alone");
}
