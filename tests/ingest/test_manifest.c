#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "ingest/manifest.h"
#include "tests/support/support.h"

/* Made by: openssl genpkey -algorithm ed25519; openssl pkeyutl -sign -rawin over MANIFEST. */
#define PUBLIC_KEY                                                                                           \
    "-----BEGIN PUBLIC KEY-----\n"                                                                           \
    "MCowBQYDK2VwAyEA8RF7hSg23WE5zsrB7VDfXUjzhhLZW238UTeQN/+UPCU=\n"                                         \
    "-----END PUBLIC KEY-----\n"
#define MANIFEST                                                                                             \
    "{\"sender\":\"hosp_a\",\"source\":\"visit\",\"file\":\"visit_202607.csv\",\"sha256\":"                  \
    "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",\"size\":3,\"period\":\"2026-"     \
    "07\"}"
#define SEVEN                                                                                                \
    "{\"sender\":\"hosp_a\",\"source\":\"visit\",\"file\":\"visit_202607.csv\",\"sha256\":"                  \
    "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",\"size\":3,\"period\":\"2026-"     \
    "07\",\"more\":1}"
#define BAD_HASH                                                                                             \
    "{\"sender\":\"hosp_a\",\"source\":\"visit\",\"file\":\"visit_202607.csv\",\"sha256\":"                  \
    "\"zz7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",\"size\":3,\"period\":\"2026-"     \
    "07\"}"
#define SIGNATURE                                                                                            \
    "c41c3e38e394d8711d4d68695654f36860806af5db8ba8b0cb71915e7c5601a11a7cba1ffa764c518bc240898d6f20b8eb4805" \
    "d23532cd1bc39aa05385b4a70f"
#define SEVEN_SIGNATURE                                                                                      \
    "49527c19e47c8686c1c8d5fd85f59210ae7de267e22f70a6c80c6792a598d632c1ee6828a76cf9c0be588d5595c0865c7d6f41" \
    "9bfc84919f4775f0a8d055b801"
#define LIST_SIGNATURE                                                                                       \
    "642cf7561473efa7f4d234ebaf6dadcb7f92b25e47c15e9a4afb9415a55f7a406ffa2874d25236ce46d903cbcbc1cd3b7319db" \
    "da51f121d0731d868b55fd5c0e"
#define BAD_HASH_SIGNATURE                                                                                   \
    "b5ff293a326603aed298fcadb5e4d309e8db2756e477ea0f014e06ff4b45791a644d82f88943d4df7d685bfc1142a0fe1848b2" \
    "84971f3469c35df699c0547404"

static Feed feed;

static void set_up(void)
{
    feed =
        (Feed){.sender = "hosp_a", .source = "visit", .manifest_key = support_file("sender.pem", PUBLIC_KEY)};
}

TestSuite(manifest, .init = set_up);

static Text signature_of(const char *hex)
{
    static char bytes[64];

    for (size_t i = 0; i < sizeof bytes; i++) {
        unsigned byte;
        cr_assert_eq(sscanf(hex + 2 * i, "%2x", &byte), 1);
        bytes[i] = (char)byte;
    }
    return (Text){.data = bytes, .length = sizeof bytes};
}

static void expect_refused(Text manifest, Text signature, const char *name, const char *rule)
{
    Manifest read;
    Error error = {0};

    cr_expect_not(manifest_read(&feed, name, manifest, signature, &read, &error).ok, "%s", rule);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, rule), "got: %s\nexpected: %s", error.message, rule);
}

Test(manifest, the_senders_own_is_read)
{
    Manifest read;
    Error error = {0};

    cr_assert(
        manifest_read(&feed, "visit_202607.csv", TEXT(MANIFEST), signature_of(SIGNATURE), &read, &error).ok,
        "%s", error.message);

    cr_expect_eq(read.bytes, 3);
    cr_expect_eq(read.period, month_from(2026, 7));
    cr_expect_eq(memcmp(read.content.bytes, hash_of("abc", 3).bytes, HASH_BYTES), 0);
}

/* Switch: let manifest_read leave out check_signature. */
Test(manifest, changed_or_unsigned_it_is_refused_before_it_is_parsed)
{
    char changed[sizeof MANIFEST];
    memcpy(changed, MANIFEST, sizeof changed);
    changed[12] ^= 1;

    expect_refused((Text){changed, sizeof changed - 1}, signature_of(SIGNATURE), "visit_202607.csv",
                   "its signature is not the sender's");
    expect_refused(TEXT("{"), signature_of(SIGNATURE), "visit_202607.csv",
                   "its signature is not the sender's");
    expect_refused(TEXT(MANIFEST), TEXT(""), "visit_202607.csv", "not signed");
    expect_refused(TEXT(MANIFEST), text_slice(signature_of(SIGNATURE), 0, 63), "visit_202607.csv",
                   "its signature is not the sender's");
}

Test(manifest, of_another_file_source_or_sender_it_is_refused)
{
    expect_refused(TEXT(MANIFEST), signature_of(SIGNATURE), "visit_202608.csv", "of another file");
    feed.source = "prescription";
    expect_refused(TEXT(MANIFEST), signature_of(SIGNATURE), "visit_202607.csv", "of another source");
    feed.sender = "hosp_b";
    expect_refused(TEXT(MANIFEST), signature_of(SIGNATURE), "visit_202607.csv", "of another sender");
}

Test(manifest, a_signed_thing_that_is_no_manifest_is_refused)
{
    expect_refused(TEXT(SEVEN), signature_of(SEVEN_SIGNATURE), "visit_202607.csv",
                   "not an object of sender, source, file");
    expect_refused(TEXT("[]"), signature_of(LIST_SIGNATURE), "visit_202607.csv", "not JSON");
    expect_refused(TEXT(BAD_HASH), signature_of(BAD_HASH_SIGNATURE), "visit_202607.csv", "sha256 is 64");
}

Test(manifest, a_key_file_that_holds_no_ed25519_key_is_told)
{
    Manifest read;
    Error error = {0};

    feed.manifest_key = support_file("sender.pem", "no key\n");
    cr_expect_not(
        manifest_read(&feed, "visit_202607.csv", TEXT(MANIFEST), signature_of(SIGNATURE), &read, &error).ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    feed.manifest_key = "/nowhere/at/all";
    cr_expect_not(
        manifest_read(&feed, "visit_202607.csv", TEXT(MANIFEST), signature_of(SIGNATURE), &read, &error).ok);
    cr_expect_eq(error.code, ERROR_SYSTEM);
}
