/* Feeds that somebody else has pseudonymised, and the cross-walks of their issuers. */
#include <stdio.h>
#include <string.h>

#include "ingest/spec.h"
#include "tests/ingest/world.h"

enum { TEXT_BYTES = 4096 };

#define PSEUDONYM "{ name: pseudonym, use: identifier, identity: foreign_pseudonym, "
#define SUS       "issuer_fixed: hosp_a, scheme: salted-2024, space: sus }\n"
#define MHSDS     "issuer_fixed: hosp_a, scheme: salted-2024, space: mhsds }\n"
#define HEAD(source, rest)                                                                                   \
    "source: " source "\ntitle: T\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"    \
    "update: snapshot\ncontroller: sender\nsubject: person\nrejects: { rows_max: 3, percent_max: 50 "        \
    "}\n" rest
#define FOREIGN_SPEC                                                                                         \
    HEAD("list", "columns:\n  - " PSEUDONYM SUS "  - { name: seen_on, use: date, required: true }\n")
#define NUMBER_SPEC                                                                                          \
    HEAD("visit", "columns:\n  - { name: nhs_number, use: identifier, identity: nhs_number }\n"              \
                  "  - { name: seen_on, use: date, required: true }\n")
#define WALK_SPEC                                                                                            \
    HEAD("stay", "role: crosswalk\ncolumns:\n  - " PSEUDONYM SUS                                             \
                 "  - { name: nhs_number, use: identifier, identity: nhs_number }\n")
/* A pseudonym that looks like the number of somebody else. */
#define FOREIGN_ROWS "pseudonym,seen_on\n9990000018,2026-07-01\n7F3A,2026-07-02\n"
#define NUMBER_ROWS  "nhs_number,seen_on\n9990000018,2026-07-01\n9990000026,2026-07-02\n"
#define WALK_ROWS    "pseudonym,nhs_number\n9990000018,9990000026\n"

/* ---- what a spec may say ---- */

static void expect_error(const char *text, const char *message)
{
    Error error = {0};

    cr_expect_not(world_try_spec(text, &error).ok, "accepted: %s", text);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect(strstr(error.message, message) != NULL, "got:      %s\nexpected: %s", error.message, message);
}

Test(foreign_spec, a_space_is_named_by_issuer_scheme_and_space)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = world_spec(FOREIGN_SPEC);

    cr_expect(text_equal(spec->columns[0].foreign_space, TEXT("hosp_a/salted-2024/sus")));
    cr_expect_eq(spec->crosswalk_issuer.length, 0);
}

Test(foreign_spec, a_pseudonym_of_nobody_or_of_a_doubtful_name_is_refused)
{
#define WITH(rest) HEAD("list", "columns:\n  - " PSEUDONYM rest)
    expect_error(WITH("scheme: a, space: b }\n"), "column pseudonym: a foreign pseudonym has `issuer_fixed`");
    expect_error(WITH("issuer_fixed: A, space: b }\n"), "a foreign pseudonym has `issuer_fixed`");
    expect_error(WITH("issuer_fixed: A, scheme: a }\n"), "a foreign pseudonym has `issuer_fixed`");
    expect_error(WITH("issuer_fixed: A/B, scheme: a, space: b }\n"), "issuer_fixed: up to 63 letters");
    expect_error(WITH("issuer_fixed: A, scheme: a/b, space: b }\n"), "scheme and space: 1 to 32");
    expect_error(WITH("issuer_fixed: A, scheme: a, space: B }\n"), "scheme and space: 1 to 32");
#undef WITH
    expect_error(HEAD("list", "columns:\n  - { name: n, use: identifier, identity: nhs_number, space: a }\n"),
                 "`space` is for foreign pseudonyms");
}

Test(foreign_spec, a_digest_of_openpseudonymiser_has_no_shape)
{
    expect_error(HEAD("list", "columns:\n  - " PSEUDONYM
                              "issuer_fixed: A, scheme: openpseudonymiser, space: b, shape: XX }\n"),
                 "have a form of their own");
    expect_error(HEAD("list", "columns:\n  - " PSEUDONYM
                              "issuer_fixed: A, scheme: voprf-p256-sha256, space: b, shape: XX }\n"),
                 "have a form of their own");
}

Test(foreign_spec, only_a_crosswalk_holds_a_pseudonym_beside_a_number)
{
    static const char message[] = "is a cross-walk: only its issuer may send one";
    static const char to[] = "  - { name: other, use: identifier, identity: foreign_pseudonym_to, " MHSDS;
    char text[TEXT_BYTES];

    expect_error(HEAD("list", "columns:\n  - " PSEUDONYM SUS
                              "  - { name: n, use: identifier, identity: nhs_number }\n"),
                 message);
    snprintf(text, sizeof text, "%s%s", HEAD("list", "columns:\n  - " PSEUDONYM SUS), to);
    expect_error(text, message);
}

Test(foreign_spec, a_crosswalk_has_two_sides_of_one_issuer)
{
#define WALK(rest) HEAD("stay", "role: crosswalk\ncolumns:\n  - " PSEUDONYM SUS rest)
#define TO         "  - { name: other, use: identifier, identity: foreign_pseudonym_to, "
    expect_error(WALK(""), "a crosswalk has a foreign_pseudonym and one of");
    expect_error(WALK(TO MHSDS "  - { name: n, use: identifier, identity: nhs_number }\n"),
                 "a crosswalk has a foreign_pseudonym and one of");
    expect_error(WALK(TO "issuer_fixed: hosp_b, scheme: salted-2024, space: mhsds }\n"),
                 "both spaces of a crosswalk have one issuer");
    expect_error(WALK(TO SUS), "a crosswalk joins two spaces");

    SCOPED(ingest_spec_close) IngestSpec *spec = world_spec(WALK(TO MHSDS));
    cr_expect(text_equal(spec->crosswalk_issuer, TEXT("hosp_a")));
#undef WALK
#undef TO
}

/* ---- what is held ---- */

static World world;
static IngestSpec *list, *visit, *stay;

static void set_up(void)
{
    world = world_open();
    list = world_spec(FOREIGN_SPEC);
    visit = world_spec(NUMBER_SPEC);
    stay = world_spec(WALK_SPEC);
    world_apply(list);
    world_apply(visit);
    world_apply(stay);
}

static void tear_down(void)
{
    ingest_spec_close(&list);
    ingest_spec_close(&visit);
    ingest_spec_close(&stay);
    world_close(&world);
}

TestSuite(foreign, .init = set_up, .fini = tear_down);

static void load(const IngestSpec *spec, const char *content)
{
    IngestDelivery delivery = world_delivery(content);

    world_must_load(&world, spec, &delivery);
}

/* Switch: the domain of TOKEN_FOREIGN in pseudonymise/token.c. */
Test(foreign, a_pseudonym_that_looks_like_a_number_matches_no_number)
{
    load(list, FOREIGN_ROWS);
    load(visit, NUMBER_ROWS);

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject WHERE foreign_token IS NOT NULL"), 2);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject WHERE foreign_token IS NOT NULL"
                             " AND (nhs_token IS NOT NULL OR nhs_state <> 0)"),
                 0);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject AS f JOIN subjects.subject AS n"
                             " ON n.nhs_token = f.foreign_token"),
                 0);
}

/* Switch: the space in pseudonymise/bundle.c and token.c. */
Test(foreign, equal_pseudonyms_of_two_issuers_never_match)
{
    SCOPED(ingest_spec_close)
    IngestSpec *other = world_spec(HEAD("other", "columns:\n  - " PSEUDONYM
                                                 "issuer_fixed: hosp_b, scheme: salted-2024, space: sus }\n"
                                                 "  - { name: seen_on, use: date, required: true }\n"));
    world_apply(other);
    world_script("INSERT INTO governance.agreement SELECT sender, 'other', purpose, valid_from, valid_to,"
                 " legal_basis FROM governance.agreement WHERE source = 'list'");

    load(list, FOREIGN_ROWS);
    load(other, FOREIGN_ROWS);

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 4);
    cr_expect_eq(world_count("SELECT count(DISTINCT foreign_token) FROM subjects.subject"), 4);
}

Test(foreign, the_issuers_crosswalk_holds_the_tokens_of_both_sides)
{
    load(list, FOREIGN_ROWS);
    load(visit, NUMBER_ROWS);
    load(stay, WALK_ROWS);

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject AS walk"
                             " JOIN ingest.source AS s ON s.source_id = walk.source_id AND s.name = 'stay'"
                             " JOIN subjects.subject AS f ON f.foreign_token = walk.foreign_token"
                             "  AND f.source_id <> walk.source_id"
                             " JOIN subjects.subject AS n ON n.nhs_token = walk.nhs_token"
                             "  AND n.source_id <> walk.source_id"),
                 1);
}

/* Switch: crosswalk_issuer in ingest.load_open. */
Test(foreign, a_crosswalk_that_somebody_else_sends_is_refused)
{
    IngestDelivery delivery = world_delivery(WALK_ROWS);
    IngestReport report;
    Error error = {0};
    delivery.sender = "hosp_b";

    Result loaded = world_load(&world, stay, &delivery, &report, &error);

    cr_expect_not(loaded.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect(strstr(error.message, "from the issuer of its pseudonyms alone") != NULL, "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load"), 0);
}

Test(foreign, a_rotation_of_the_hub_key_takes_foreign_tokens_along)
{
    static const char tokens[] =
        "SELECT count(*) FROM subjects.subject AS s JOIN kept.subject AS k USING (subject_id)"
        " WHERE s.key_version = 2 AND s.foreign_token <> k.foreign_token";
    SCOPED(db_close) Db *keeper = support_connect("cinque_keeper");
    GovernanceRequest request = {.action = GOVERNANCE_REKEY, .person_id = "eng", .object = TEXT("2")};
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    IngestRekeyReport report;
    Error error = {0};
    int version;
    load(list, FOREIGN_ROWS);
    world_script("CREATE SCHEMA kept; CREATE TABLE kept.subject AS SELECT * FROM subjects.subject");
    cr_assert(keyring_rotate(world.keyring_folder, &version, &error).ok, "%s", error.message);
    keyring_close(&world.keyring);
    cr_assert(keyring_open(world.keyring_folder, &world.keyring, &error).ok, "%s", error.message);
    cr_assert(governance_request(world.governance, &request, &permit, &error).ok, "%s", error.message);

    cr_assert(ingest_rekey(keeper, world.keyring, permit, &report, &error).ok, "%s", error.message);

    cr_expect_eq(world_count(tokens), 2);
    IngestDelivery delivery = world_delivery(FOREIGN_ROWS "7F3A,2026-07-03\n");
    delivery.period = month_from(2026, 8);
    world_must_load(&world, list, &delivery);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 2, "they are known again");
}

/* The digests of "123456789" without salt and with "hello" (openpseudonymiser.org, FAQ), another in capitals,
 * one that was cut, and a number in clear. Switch: is_digest in ingest/spec_foreign.c. */
Test(foreign, digests_of_openpseudonymiser_are_tokens_and_numbers_in_clear_are_not)
{
    SCOPED(ingest_spec_close)
    IngestSpec *digests = world_spec(HEAD(
        "other", "columns:\n  - " PSEUDONYM "issuer_fixed: hosp_a, scheme: openpseudonymiser, space: phm }\n"
                 "  - { name: nhs_number, use: ignored }\n"
                 "  - { name: seen_on, use: date, required: true }\n"));
    world_apply(digests);
    world_script("INSERT INTO governance.agreement SELECT sender, 'other', purpose, valid_from, valid_to,"
                 " legal_basis FROM governance.agreement WHERE source = 'list'");

    load(digests, "pseudonym,nhs_number,seen_on\n"
                  "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225,,2026-07-01\n"
                  "a4455e6581b78d69e569895c2b615dfa90a6cd56938e40ca91edd26e44deedfe,,2026-07-01\n"
                  "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225,,2026-07-02\n"
                  "5DFC32BA81EA3E016333687111AE2F63D97DAD05ADF92C61BF06438A08D8BC56,,2026-07-02\n"
                  "5dfc32ba81ea3e016333687111ae2f63d97dad05adf92c61bf06438a08d8bc5,,2026-07-02\n"
                  "9990000018,,2026-07-03\n");

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject WHERE foreign_token IS NOT NULL"), 2);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 2);
}
