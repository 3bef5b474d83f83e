/* Loads beside a re-keying, before it and after. */
#include "tests/ingest/rekeying.h"

TestSuite(rekey_loads, .init = set_up, .fini = tear_down, .timeout = 120);

/* Switch: ingest.open_loads_await in rekey_begin. It waits ten seconds for a killed session to be noticed. */
Test(rekey_loads, a_load_under_way_refuses_it)
{
    SCOPED(keyring_close) Keyring *keyring = rotated();
    SCOPED(db_close) Db *loader = support_connect(NULL);
    IngestRekeyReport report;
    Error error = {0};
    world_script(leftover_sql);
    cr_assert(db_script(loader, "lock", "SELECT pg_advisory_lock(1667852913, 3)", &error).ok);

    Result result = try_rekey(keyring, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect(strstr(error.message, "load 3 is under way") != NULL, "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE load_id = 3 AND state = 'open'"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM staging.subject_3"), 6);
}

static IngestDelivery another_delivery(void)
{
    IngestDelivery delivery = world_delivery(LIST_HEADER "9990000050,9,RVV,300,2026-01-01,\n");
    delivery.sender = "hosp_b";
    return delivery;
}

/* Switch: ingest.key_version_require in load_open. */
Test(rekey_loads, a_load_under_the_old_version_is_refused_when_it_opens)
{
    SCOPED(keyring_close) Keyring *keyring = rotated();
    IngestDelivery delivery = another_delivery();
    IngestReport report;
    Error error = {0};
    must_rekey(keyring);

    Result result = world_load(&world, list, &delivery, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect(strstr(error.message, "hub key version 1, subjects are held under version 2") != NULL, "%s",
              error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load"), 2);
}

static void expect_refused(const World *with)
{
    IngestDelivery delivery = another_delivery();
    IngestReport report;
    Error error = {0};

    Result result = world_load(with, list, &delivery, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 6);
}

/* Switches: ingest.staged_keys_require in subjects_keep, of subjects that were put in and of those staged.
 * A trigger rotates between opening and publishing. */
Test(rekey_loads, a_load_that_opened_before_and_publishes_after_is_refused)
{
    World without_merger = world;
    without_merger.merger = NULL;
    world_script(
        "CREATE FUNCTION public.planted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
        " UPDATE subjects.hub_key SET version = 2; RETURN NULL; END $$;"
        "CREATE TRIGGER planted AFTER INSERT ON ingest.load EXECUTE FUNCTION public.planted()");

    expect_refused(&world);
    world_script("UPDATE subjects.hub_key SET version = 1");
    expect_refused(&without_merger);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE load_id > 2 AND state = 'abandoned'"),
                 2);
}

Test(rekey_loads, a_load_under_the_new_version_waits_for_it)
{
    use_keyring(rotated());
    IngestDelivery delivery = another_delivery();
    IngestReport report;
    Error error = {0};

    Result result = world_load(&world, list, &delivery, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect(strstr(error.message, "finish with key rotate") != NULL, "%s", error.message);
    must_rekey(world.keyring);
    cr_expect_eq(world_must_load(&world, list, &delivery).subjects_new, 1);
}

/* Of the five rows: four numbers, four local ids with their issuer, four places. */
Test(rekey_loads, a_load_says_what_the_keys_were_used_for_also_when_it_fails)
{
    IngestDelivery delivery = world_delivery(LIST_HEADER LIST_ROWS),
                   bad = world_delivery(LIST_HEADER LIST_ROWS "no,number\n");
    IngestReport report;
    Error error = {0};
    char text[KEY_USE_BYTES];
    delivery.sender = bad.sender = "hosp_b";
    bad.period = month_from(2026, 8);

    IngestReport good = world_must_load(&world, list, &delivery);
    Result loaded = world_load(&world, list, &bad, &report, &error);

    static const Text used = TEXT("keys hub-1.outer=12 regional.nhs_number=4 regional.local_id=4 "
                                  "regional.uprn=4 regional.subject=5 subjects.outer=5");
    cr_expect(text_equal(key_use_text(&good.key_use, text), used), "%s", text);
    cr_expect(!loaded.ok || report.outcome == INGEST_REJECTED);
    cr_expect(text_equal(key_use_text(&report.key_use, text), used), "%s", text);
}
