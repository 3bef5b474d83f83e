/* References to records of another source: by the columns that are its record key, of which nothing is stored
 * but the same keyed hash. */
#include "tests/ingest/world.h"

#include <stdio.h>
#include <string.h>

#define SPEC(source, update, rest)                                                                           \
    "source: " source "\ntitle: T\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"    \
    "controller: sender\nrejects: { rows_max: 1, percent_max: 1 }\n"                                         \
    "update: " update "\n" rest
#define REFERRALS(key)                                                                                       \
    SPEC("list", "replace_by_period",                                                                        \
         "subject: none\nrecord_key: [" key "]\n"                                                            \
         "columns:\n"                                                                                        \
         "  - { name: referral, use: ignored, required: true }\n"                                            \
         "  - { name: provider, use: dimension, shape: \"A9\", required: true }\n")
#define REFERENCES                                                                                           \
    "references: [{ name: referral_is_known, columns: [provider, about], source: list, to: [record_key] "    \
    "}]\n"
#define CONTACT_COLUMNS                                                                                      \
    "columns:\n"                                                                                             \
    "  - { name: contact, use: ignored, required: true }\n"                                                  \
    "  - { name: about, use: ignored }\n"                                                                    \
    "  - { name: provider, use: dimension, shape: \"A9\" }\n"                                                \
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"                                      \
    "  - { name: why, use: ignored }\n"
#define CONTACTS                                                                                             \
    SPEC("stay", "replace_by_period",                                                                        \
         "subject: person\nrecord_key: [contact]\nwithheld: why\n"                                           \
         "quality: { limits: [{ measure: orphans, reference: referral_is_known, hold: 60 }] }\n" REFERENCES  \
             CONTACT_COLUMNS)
#define CONTACT_HEADER "contact,about,provider,nhs_number,why\n"
#define TWO_REFERRALS  "referral,provider\nR1,A1\nR2,A1\n"

static World world;
static Error error;

static void set_up(void)
{
    error = (Error){0};
    world = world_open();
}

static void tear_down(void)
{
    world_close(&world);
}

TestSuite(reference, .init = set_up, .fini = tear_down);

static IngestReport load(const char *spec_text, const char *content)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = world_spec(spec_text);
    IngestDelivery delivery = world_delivery(content);

    world_apply(spec);
    return world_must_load(&world, spec, &delivery);
}

static Result try_apply(const char *spec_text)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = world_spec(spec_text);
    SCOPED(db_close) Db *owner = support_connect("cinque_owner");
    FILE *out = fopen("/dev/null", "w");

    Result applied = ingest_source_apply(owner, spec, out, &error);
    fclose(out);
    return applied;
}

static const char *report(void)
{
    SCOPED(table_close) Table *table = NULL;
    IngestQuality counts;

    cr_assert(ingest_quality(world.loader, month_from(2026, 7), NULL, true, &table, &counts, &error).ok, "%s",
              error.message);
    return support_csv(table);
}

static int64_t met(void)
{
    return world_count("SELECT count(*) FROM records.stay AS s JOIN records.list AS l"
                       " ON l.record_key = s.key_of_referral_is_known");
}

/* Switch: the target's name in open_key of references: hashed as its own source's, no key is met. */
Test(reference, one_that_is_met_is_no_orphan_one_that_is_not_is_and_one_in_part_is_none)
{
    load(REFERRALS("provider, referral"), TWO_REFERRALS);

    IngestReport loaded = load(CONTACTS, CONTACT_HEADER "C1,R1,A1,9990000018,\n" /* met */
                                                        "C2,R2,A1,9990000018,\n"
                                                        "C3,R9,A1,9990000018,\n" /* no such referral */
                                                        "C4,R1,B2,9990000018,\n" /* another's referral */
                                                        "C5,,A1,9990000018,\n"   /* to nothing */
                                                        "C6,R1,,9990000018,\n");

    cr_expect_eq(loaded.outcome, INGEST_LOADED);
    cr_expect_not_null(strstr(report(), "stay,hosp_a,orphans,referral_is_known,50.0,,0.0,1.0,high\r\n"), "%s",
                       report());
    cr_expect_eq(met(), 2);
    cr_expect_eq(world_count("SELECT count(*) FROM records.stay WHERE key_of_referral_is_known IS NULL"), 2);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.source_column WHERE name LIKE 'key_of_%'"), 0,
                 "no column that a release would take");
}

Test(reference, orphans_past_a_limit_hold_the_load)
{
    load(REFERRALS("provider, referral"), TWO_REFERRALS);

    IngestReport held = load(CONTACTS, CONTACT_HEADER "C1,R1,A1,9990000018,\nC2,R8,A1,9990000018,\n"
                                                      "C3,R9,A1,9990000018,\n");

    cr_expect_eq(held.outcome, INGEST_HELD, "two of three");
}

Test(reference, nothing_is_measured_until_the_other_source_is_registered_and_loaded)
{
    SCOPED(ingest_spec_close) IngestSpec *referrals = world_spec(REFERRALS("provider, referral"));
    cr_expect_eq(load(CONTACTS, CONTACT_HEADER "C1,R1,A1,9990000018,\nC2,R9,A1,9990000018,\n").outcome,
                 INGEST_LOADED);
    cr_expect_null(strstr(report(), "orphans"));
    world_apply(referrals);
    cr_expect_null(strstr(report(), "orphans"));
    IngestDelivery delivery = world_delivery(TWO_REFERRALS);

    world_must_load(&world, referrals, &delivery);

    cr_expect_not_null(strstr(report(), "stay,hosp_a,orphans,referral_is_known,50.0,"));
}

/* Switch: cardinality in ingest.can_refer. */
Test(reference, a_record_key_of_other_columns_is_not_measured)
{
    load(CONTACTS, CONTACT_HEADER "C1,R1,A1,9990000018,\n");
    load(REFERRALS("referral"), TWO_REFERRALS);

    cr_expect_null(strstr(report(), "orphans"));
}

Test(reference, one_that_could_never_be_met_is_refused_when_its_spec_is_applied)
{
    cr_assert(try_apply(REFERRALS("referral")).ok);

    cr_expect_not(try_apply(CONTACTS).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_not_null(
        strstr(error.message, "reference referral_is_known: list has a record key of 1 columns"), "%s",
        error.message);
}

/* Switch: is_withheld in add_keys. The referral may say whose contact it is. */
Test(reference, a_row_whose_identity_is_withheld_keeps_none)
{
    load(REFERRALS("provider, referral"), TWO_REFERRALS);

    load(CONTACTS, CONTACT_HEADER "C1,R1,A1,9990000018,03\nC2,R1,A1,9990000018,\n");

    cr_expect_eq(met(), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM records.stay WHERE subject_id IS NULL"
                             " AND key_of_referral_is_known IS NULL AND record_key IS NOT NULL"),
                 1);
}

/* Switch: is_removal in keys_join. */
Test(reference, a_removal_refers_to_nothing)
{
    load(REFERRALS("provider, referral"), TWO_REFERRALS);
    load(SPEC("stay", "net_change",
              "change: { operation: done, remove: \"1\", date: said_on }\n"
              "subject: none\nrecord_key: [contact]\n" REFERENCES "columns:\n"
              "  - { name: contact, use: ignored, required: true }\n"
              "  - { name: about, use: ignored }\n"
              "  - { name: provider, use: dimension, shape: \"A9\" }\n"
              "  - { name: done, use: text, shape: \"9\", required: true }\n"
              "  - { name: said_on, use: date, required: true }\n"),
         "contact,about,provider,done,said_on\nC1,R1,A1,9,2026-07-01\nC2,R1,A1,1,2026-07-02\n");

    cr_expect_eq(met(), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM records.stay WHERE key_of_referral_is_known IS NULL"), 1);
}

Test(reference, a_newer_version_may_begin_to_refer)
{
    static const char before[] =
        SPEC("stay", "replace_by_period", "subject: person\nrecord_key: [contact]\n" CONTACT_COLUMNS);
    char after[sizeof before + sizeof REFERENCES];
    load(REFERRALS("provider, referral"), TWO_REFERRALS);
    load(before, CONTACT_HEADER "C1,R1,A1,9990000018,\n");
    const char *columns = strstr(before, "columns:\n");
    (void)snprintf(after, sizeof after, "%.*s" REFERENCES "%s", (int)(columns - before), before, columns);
    memcpy(strstr(after, "version: 1"), "version: 2", strlen("version: 2"));
    SCOPED(ingest_spec_close) IngestSpec *spec = world_spec(after);
    IngestDelivery delivery = world_delivery(CONTACT_HEADER "C2,R1,A1,9990000018,\nC3,R9,A1,9990000018,\n");
    delivery.sender = "hosp_b";
    world_apply(spec);

    world_must_load(&world, spec, &delivery);

    cr_expect_eq(met(), 1);
    cr_expect_eq(
        world_count("SELECT count(*) FROM records.active_stay WHERE key_of_referral_is_known IS NULL"), 1,
        "what came before refers to nothing");
    cr_expect_not_null(strstr(report(), "stay,hosp_b,orphans,referral_is_known,50.0,"));
    cr_expect_null(strstr(report(), "stay,hosp_a,orphans"));
}
