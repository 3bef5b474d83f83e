#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "ingest/manifest.h"
#include "tests/support/support.h"

/* Made by: openssl genpkey -algorithm ed25519; openssl pkeyutl -sign -rawin over MANIFEST. */
#define PUBLIC_KEY                                                                                           \
    "-----BEGIN PUBLIC KEY-----\n"                                                                           \
    "MCowBQYDK2VwAyEAlXjb0SJw+iWS2wY6j6K4uM4ScUNkFAdCE2YQJDDZzF4=\n"                                         \
    "-----END PUBLIC KEY-----\n"
#define MANIFEST                                                                                             \
    "{\"sender\":\"hosp_a\",\"file\":\"visit_202607.csv\",\"sha256\":"                                       \
    "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",\"size\":3,\"period\":\"2026-"     \
    "07\"}"
#define SIX                                                                                                  \
    "{\"sender\":\"hosp_a\",\"file\":\"visit_202607.csv\",\"sha256\":"                                       \
    "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",\"size\":3,\"period\":\"2026-"     \
    "07\",\"more\":1}"
#define BAD_HASH                                                                                             \
    "{\"sender\":\"hosp_a\",\"file\":\"visit_202607.csv\",\"sha256\":"                                       \
    "\"zz7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",\"size\":3,\"period\":\"2026-"     \
    "07\"}"
#define SIGNATURE                                                                                            \
    "a95ccca9b63bf7e52f98e1d8f7c08eb4a1f580eb26749798f9492b7fef2ffb3f7ba6562131085ae46381cbd421383fb5d846ac" \
    "425a0223ec4ac6b8df8e359902"
#define SIX_SIGNATURE                                                                                        \
    "28fc9672a0dc210b12f4e70ad491d8a130802e5d0e42d3da7e161b4f80be413277eb13818e7847351510fe2cb8978db481e4bc" \
    "2e54519c35629673489cdb2b0e"
#define LIST_SIGNATURE                                                                                       \
    "4c03f2a4dcaf5a51fd7d417dfb4ec2d271abda158914cca83eefbd8a55138e6c0989a2672f578b4ee78686d621fda8bcc23905" \
    "45fd0826ebc469b7cdcc6c5a0c"
#define BAD_HASH_SIGNATURE                                                                                   \
    "05a1560fb989d55a5fe922dfdf344d9e428c8f3c45b1fdf31d498c91dc73bbec4c067a69235aaef471024125edb9446b9a17c4" \
    "6d78e0de3ac6cbac53f6438401"

static Feed feed;

static void set_up(void)
{
    feed = (Feed){.sender = "hosp_a", .manifest_key = support_file("sender.pem", PUBLIC_KEY)};
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

Test(manifest, of_another_file_or_sender_it_is_refused)
{
    expect_refused(TEXT(MANIFEST), signature_of(SIGNATURE), "visit_202608.csv", "of another file");
    feed.sender = "hosp_b";
    expect_refused(TEXT(MANIFEST), signature_of(SIGNATURE), "visit_202607.csv", "of another sender");
}

Test(manifest, a_signed_thing_that_is_no_manifest_is_refused)
{
    expect_refused(TEXT(SIX), signature_of(SIX_SIGNATURE), "visit_202607.csv",
                   "not an object of sender, file");
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
