/* What people are told of the loads that are held. */
#include <string.h>

#include "tests/ingest/visits.h"

TestSuite(list, .init = set_up, .fini = tear_down);

Test(list, loads_and_quarantine_can_be_listed_by_the_loader)
{
    SCOPED(table_close) Table *loads = NULL;
    SCOPED(table_close) Table *quarantine = NULL;
    Error error = {0};
    must_load(WORLD_HEADER GOOD_ROW "v4,,,,x,,,,,,,\n");

    cr_assert(ingest_load_list(world.loader, DATE_NONE, &loads, &error).ok, "%s", error.message);
    cr_assert(ingest_quarantine_list(world.loader, 1, 10, &quarantine, &error).ok, "%s", error.message);

    const char *text = support_csv(loads);
    cr_expect(strstr(text, "1,visit,hosp_a,2026-07,final,published,1,1,0,20") != NULL, "%s", text);
    text = support_csv(quarantine);
    cr_expect(strstr(text, "3,visit_date,not_date,not a date,") != NULL, "%s", text);
    cr_expect_not(ingest_quarantine_list(world.loader, 2, 10, &quarantine, &error).ok);
    cr_expect(strstr(error.message, "there is no load of this number") != NULL, "%s", error.message);
}

static const char *held_on(const char *day)
{
    SCOPED(table_close) Table *loads = NULL;
    Error error = {0};
    Date date;

    cr_assert(date_parse(text_from(day), &date));
    cr_assert(ingest_load_list(world.loader, date, &loads, &error).ok, "%s", error.message);
    return support_csv(loads);
}

Test(list, what_was_held_on_a_day_is_answered)
{
    must_load(WORLD_HEADER GOOD_ROWS);
    IngestDelivery corrected = world_delivery(WORLD_HEADER);
    corrected.replace = true;
    world_must_load(&world, spec, &corrected);
    world_script("UPDATE ingest.load SET held_from = '2026-03-01 23:59Z', held_to = '2026-04-02 00:00Z' "
                 "WHERE load_id = 1;"
                 "UPDATE ingest.load SET held_from = '2026-04-02 00:00Z' WHERE load_id = 2");

    cr_expect(strstr(held_on("2026-02-28"), ",visit,") == NULL);
    cr_expect(strstr(held_on("2026-03-01"), "1,visit,hosp_a") != NULL);
    cr_expect(strstr(held_on("2026-04-01"), "1,visit,hosp_a") != NULL, "until the day's end");
    cr_expect(strstr(held_on("2026-04-01"), "2,visit,hosp_a") == NULL);
    cr_expect(strstr(held_on("2026-04-02"), "1,visit,hosp_a") == NULL);
    cr_expect(strstr(held_on("2026-04-02"), "2,visit,hosp_a") != NULL);
}

static const char *missing(int month)
{
    SCOPED(table_close) Table *table = NULL;
    Error error = {0};

    cr_assert(ingest_load_missing(world.loader, month_from(2026, month), &table, &error).ok, "%s",
              error.message);
    return support_csv(table);
}

static void nil_return(const char *sender, int month)
{
    IngestDelivery nil = world_delivery(NULL);

    nil.sender = sender;
    nil.period = month_from(2026, month);
    world_must_load(&world, spec, &nil);
}

Test(list, a_sender_that_delivered_before_and_not_now_is_named)
{
    nil_return("hosp_a", 6);
    must_load(WORLD_HEADER GOOD_ROWS);
    nil_return("hosp_b", 6);
    nil_return("hosp_b", 7);
    nil_return("hosp_b", 8);

    cr_expect(strstr(missing(7), "visit") == NULL);
    cr_expect(strstr(missing(8), "visit,hosp_a,2026-07,3") != NULL, "%s", missing(8));
    cr_expect(strstr(missing(8), "hosp_b") == NULL, "a nil return is a delivery");
    cr_expect(strstr(missing(9), "visit,hosp_b,2026-08,0") != NULL);
    cr_expect(strstr(missing(10), "hosp_a") == NULL, "one month of three is no habit");
    world_script("UPDATE governance.agreement SET ended_on = '2026-07-31' WHERE sender = 'hosp_a'");
    cr_expect(strstr(missing(8), "hosp_a") == NULL, "nor is it expected without an agreement");
}
