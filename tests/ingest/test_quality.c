/* What a month's deliveries measure, beside those of the months before. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/ingest/world.h"

#define HEADER "visit_id,nhs_number,visit_date,kind,cost\n"
#define SPEC_OF(version, quality)                                                                            \
    "source: visit\ntitle: Visits\nversion: " version "\neffective_from: 2024-04-01\n"                       \
    "file: { format: delimited }\n"                                                                          \
    "update: replace_by_period\ncontroller: sender\nsubject: person\nrecord_key: [visit_id]\n"               \
    "rejects: { rows_max: 1000, percent_max: 100 }\n"                                                        \
    "quality: " quality "\n"                                                                                 \
    "columns:\n"                                                                                             \
    "  - { name: visit_id, use: ignored, required: true }\n"                                                 \
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"                                      \
    "  - { name: visit_date, use: date, required: true }\n"                                                  \
    "  - { name: kind, use: code, list: reason }\n"                                                          \
    "  - { name: cost, use: measure, type: integer, min: 0, max: 1000 }\n"
#define QUALITY_SPEC                                                                                         \
    SPEC_OF("1", "{ protected_by: [volume], limits: [{ measure: fall, unit: rows, warn: 1000000 }] }")
#define MANIFEST_SPEC SPEC_OF("2", "{ protected_by: [manifest] }")

/* As the ledger has what a pull brought. */
#define DELIVERY_OF_LOAD(is_signed)                                                                          \
    "INSERT INTO ingest.delivery (feed, source_id, sender, period, status, spec_version, state, item,"       \
    " content, keep_days, is_signed, load_id, permit_id, archived_at) SELECT 'feed', source_id, sender,"     \
    " period, status, spec_version, 'published', content, content, 90, " is_signed ", load_id, permit_id,"   \
    " now() FROM ingest.load"

static World world;
static IngestSpec *spec;

static void set_up(void)
{
    char folder[512];
    (void)snprintf(folder, sizeof folder, "%s/codes", support_folder());
    cr_assert_eq(mkdir(folder, 0700), 0);
    support_file("codes/reason.csv",
                 "code,meaning,class\nA,Planned,\nO,Another,other\nU,Not known,default\n");
    world = world_open();
    spec = world_spec(QUALITY_SPEC);
    world_apply(spec);
}

static void tear_down(void)
{
    ingest_spec_close(&spec);
    world_close(&world);
}

TestSuite(quality, .init = set_up, .fini = tear_down);

/* Rows of one kind and cost; each with a record key of its own. */
static void load_rows(const char *sender, int month, int count, const char *kind, const char *cost)
{
    static char content[64 * 1024];
    size_t length = (size_t)snprintf(content, sizeof content, HEADER);
    for (int i = 0; i < count; i++)
        length += (size_t)snprintf(content + length, sizeof content - length,
                                   "v%d,9990000018,2026-%02d-01,%s,%s\n", i, month, kind, cost);
    IngestDelivery delivery = world_delivery(content);
    delivery.sender = sender;
    delivery.period = month_from(2026, month);
    world_must_load(&world, spec, &delivery);
}

static const char *report(int month, bool all, IngestQuality *counts)
{
    static char text[16 * 1024];
    SCOPED(table_close) Table *table = NULL;
    Error error = {0};

    cr_assert(ingest_quality(world.loader, month_from(2026, month), NULL, all, &table, counts, &error).ok,
              "%s", error.message);
    memset(text, 0, sizeof text);
    FILE *out = fmemopen(text, sizeof text - 1, "w");
    table_print(table, TABLE_CSV, out);
    fclose(out);
    return text;
}

static void expect_line(const char *text, const char *line)
{
    cr_expect(strstr(text, line) != NULL, "%s\nnot in\n%s", line, text);
}

/* Switches: the counters of ingest/rule.c. */
Test(quality, a_load_knows_what_its_columns_lack)
{
    IngestDelivery delivery = world_delivery(HEADER "v1,9990000018,2026-07-01,A,1\n"
                                                    "v2,9990000018,2026-07-01,O,\n"
                                                    "v3,9990000018,2026-07-01,U,\n"
                                                    "v4,9990000018,2026-07-01,,\n"
                                                    "v5,9990000018,2026-07-01,X,2000\n"
                                                    "v6,9990000018,,A,1\n"
                                                    "v7,too,many,fields,in,it\n");

    world_must_load(&world, spec, &delivery);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_column WHERE load_id = 1"), 5);
    cr_expect_eq(
        world_count("SELECT missing * 1000 + invalid * 100 + defaulted * 10 + other FROM ingest.load_column"
                    " WHERE column_name = 'kind'"),
        1111);
    cr_expect_eq(
        world_count("SELECT missing * 1000 + invalid * 100 + defaulted * 10 + other FROM ingest.load_column"
                    " WHERE column_name = 'cost'"),
        3100);
    cr_expect_eq(
        world_count("SELECT missing * 1000 + invalid * 100 + defaulted * 10 + other FROM ingest.load_column"
                    " WHERE column_name = 'visit_date'"),
        1000);
}

/* Switches: count_invalid in ingest/rule.c; rows_damaged in ingest.measures. */
Test(quality, a_column_of_a_row_is_of_one_class_and_damaged_rows_are_no_rows)
{
    IngestQuality counts;
    IngestDelivery delivery = world_delivery(HEADER "v1,9990000018,2026-07-01,A,1\n"
                                                    "v2,9990000018,2026-07-01,A,x\n"
                                                    "v3,9990000018,2026-07-01,A,\xff\n"
                                                    "v4,too,many,fields,in,it\n");

    world_must_load(&world, spec, &delivery);

    expect_line(report(7, true, &counts), "visit,hosp_a,invalid,cost,50.0,");
    cr_expect_eq(world_count("SELECT rows_damaged FROM ingest.load"), 2);
}

Test(quality, a_rejected_load_keeps_its_counts_too)
{
    IngestSpec *strict;
    char text[2048];
    snprintf(text, sizeof text, "%s", QUALITY_SPEC);
    memcpy(strstr(text, "rows_max: 1000"), "rows_max: 0000", 14);
    memcpy(strstr(text, "version: 1"), "version: 2", 10);
    strict = world_spec(text);
    world_apply(strict);
    IngestDelivery delivery = world_delivery(HEADER "v1,9990000018,2026-07-01,X,1\n");

    world_must_load(&world, strict, &delivery);

    cr_expect_eq(world_count("SELECT invalid FROM ingest.load_column WHERE column_name = 'kind'"), 1);
    ingest_spec_close(&strict);
}

Test(quality, three_months_make_a_history)
{
    IngestQuality counts;
    load_rows("hosp_a", 4, 100, "A", "1");
    load_rows("hosp_a", 5, 100, "A", "1");
    load_rows("hosp_a", 6, 10, "A", "1");

    (void)report(6, false, &counts);
    cr_expect_eq(counts.unusual, 0);
    cr_expect_gt(counts.without_history, 0);
    load_rows("hosp_a", 7, 10, "A", "1");
    (void)report(7, false, &counts);
    cr_expect_eq(counts.without_history, 0);
}

/* Switch: the verdicts of ingest.quality. */
Test(quality, a_fall_in_rows_and_a_rise_in_missing_values_are_told)
{
    IngestQuality counts;
    for (int month = 4; month < 7; month++)
        load_rows("hosp_a", month, 10 * (98 + month), "A", "1");
    load_rows("hosp_a", 7, 800, "U", "");

    const char *text = report(7, false, &counts);

    expect_line(text, "visit,hosp_a,rows,,800,1030,927,1133,low\r\n");
    expect_line(text, "visit,hosp_a,missing,cost,100.0,0.0,0.0,2.0,high\r\n");
    expect_line(text, "visit,hosp_a,default,kind,100.0,0.0,0.0,2.0,high\r\n");
    cr_expect_eq(counts.unusual, 3, "%s", text);
    cr_expect_null(strstr(text, "as usual"));
    expect_line(report(7, true, &counts), "visit,hosp_a,missing,visit_date,0.0,0.0,0.0,2.0,as usual\r\n");
}

/* Switch: state = 'published' in ingest.quality; with the four bad months the usual would be 1. */
Test(quality, a_month_that_was_taken_back_does_not_poison_the_usual)
{
    IngestQuality counts;
    Error error = {0};
    for (int month = 1; month < 8; month++)
        load_rows("hosp_a", month, month < 4 ? 100 : 1, "A", "1");
    for (int load = 4; load < 8; load++)
        cr_assert(world_withdraw(&world, load, &error).ok, "%s", error.message);
    load_rows("hosp_a", 8, 105, "A", "1");

    expect_line(report(8, true, &counts), "visit,hosp_a,rows,,105,100,70,130,as usual\r\n");
}

Test(quality, duplicates_and_a_missing_delivery_are_told)
{
    IngestQuality counts;
    load_rows("hosp_b", 5, 10, "A", "1");
    load_rows("hosp_b", 6, 10, "A", "1");
    IngestDelivery delivery =
        world_delivery(HEADER "v1,9990000018,2026-07-01,A,1\nv1,9990000018,2026-07-01,A,1\n");
    world_must_load(&world, spec, &delivery);

    const char *text = report(7, false, &counts);

    expect_line(text, "visit,hosp_a,duplicates,,50.0,,0.0,1.0,high\r\n");
    expect_line(text, "visit,hosp_b,rows,,,10,,,missing\r\n");
}

/* Switch: ingest.duplicates. Rows without a key are no doubles of each other. */
Test(quality, rows_with_the_record_key_of_an_earlier_row_are_counted_into_report_and_load)
{
    IngestReport report;
    Error error = {0};
    IngestDelivery delivery =
        world_delivery(HEADER "v1,9990000018,2026-07-01,A,1\nv2,9990000018,2026-07-01,A,1\n"
                              "v1,9990000018,2026-07-02,A,1\nv1,,2026-07-02,A,1\n");
    GovernancePermit *permit = world_permit(&world, spec, &delivery);
    const IngestContext context = {.loader = world.loader, .keyring = world.keyring};
    cr_assert(ingest_load(&context, permit, spec, &delivery, &report, &error).ok, "%s", error.message);
    cr_expect_eq(report.rows_duplicate, -1);

    ingest_duplicates_count(world.loader, permit, &report);

    cr_expect_eq(report.rows_duplicate, 2);
    cr_expect_eq(world_count("SELECT rows_duplicate FROM ingest.load"), 2);
    governance_permit_close(&permit);
}

/* Switch: the comparison of permits in ingest.duplicates_keep. */
Test(quality, doubles_are_counted_under_the_permit_of_the_load_alone)
{
    IngestReport report = {.outcome = INGEST_LOADED, .load_id = 1, .rows_duplicate = -1};
    IngestDelivery delivery = world_delivery(HEADER "v1,9990000018,2026-07-01,A,1\n");
    world_must_load(&world, spec, &delivery);
    GovernancePermit *other = world_permit(&world, spec, &delivery);

    ingest_duplicates_count(world.loader, other, &report);

    cr_expect_eq(report.rows_duplicate, -1);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE rows_duplicate IS NOT NULL"), 0);
    governance_permit_close(&other);
}

/* A column in which each row is invalid twice over, and then none is. */
Test(quality, a_share_past_all_rows_is_no_error)
{
    IngestQuality counts;
    for (int month = 4; month < 7; month++)
        load_rows("hosp_a", month, 3, "A", "1");
    world_script("UPDATE ingest.load_column SET invalid = 6 WHERE column_name = 'cost'");
    load_rows("hosp_a", 7, 3, "A", "1");

    expect_line(report(7, true, &counts), "visit,hosp_a,invalid,cost,0.0,200.0,");
}

Test(quality, the_page_draws_each_senders_months_and_what_is_unusual)
{
    static char text[32 * 1024];
    Error error = {0};
    for (int month = 4; month < 7; month++)
        load_rows("hosp_a", month, 10 * (98 + month), "A", "1");
    load_rows("hosp_b", 5, 10, "A", "1");
    load_rows("hosp_b", 6, 10, "A", "1");
    load_rows("hosp_a", 7, 800, "A", "1");
    FILE *out = fmemopen(text, sizeof text - 1, "w");

    cr_assert(ingest_quality_page(world.loader, month_from(2026, 7), NULL, out, &error).ok, "%s",
              error.message);
    fclose(out);

    expect_line(text, "<h3>hosp_a</h3><svg");
    expect_line(text, "<rect class=\"now\" x=\"198\" y=\"17\" width=\"14\" height=\"53\"/>");
    expect_line(text, "<p class=\"say\">rows 800, usually 1030</p>");
    expect_line(text, "<p class=\"say\">not delivered</p>");
    expect_line(text, "<line class=\"gap\" x1=\"198\"");
}

/* ---- beside what others hold and publish ---- */

#define WARD_SPEC                                                                                            \
    "source: list\ntitle: Wards\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"      \
    "update: snapshot\ncontroller: sender\nsubject: none\nrejects: { rows_max: 1, percent_max: 1 }\n"        \
    "columns:\n  - { name: ward_code, use: dimension, shape: \"A9\", required: true }\n"
#define LIST_SPEC                                                                                            \
    "source: stay\ntitle: Register\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"   \
    "update: snapshot\ncontroller: sender\nsubject: person\nrole: register\n"                                \
    "validity: { from: since, to: until }\nrejects: { rows_max: 1, percent_max: 1 }\n"                       \
    "quality: { protected_by: [manifest], cost: fee,\n"                                                      \
    "           limits: [{ measure: list size, warn: 2, hold: 20 },\n"                                       \
    "                    { measure: orphans, reference: ward_is_known, hold: 50 },\n"                        \
    "                    { measure: off total, unit: rows, hold: 5 }] }\n"                                   \
    "references: [{ name: ward_is_known, columns: [ward], source: list, to: [ward_code] }]\n"                \
    "columns:\n"                                                                                             \
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"                                      \
    "  - { name: practice, use: dimension, shape: \"A99999\", required: true }\n"                            \
    "  - { name: ward, use: dimension, shape: \"A9\" }\n"                                                    \
    "  - { name: since, use: date, required: true }\n"                                                       \
    "  - { name: until, use: date }\n"                                                                       \
    "  - { name: fee, use: measure, type: integer, min: 0, max: 9 }\n"
#define LIST_HEADER "nhs_number,practice,ward,since,until,fee\n"

static const char *const numbers[] = {"9990000018", "9990000026", "9990000034", "9990000042", "9990000050"};

static IngestSpec *add_spec(const char *text)
{
    IngestSpec *added = world_spec(text);

    world_apply(added);
    return added;
}

/* So many people on the list of G81001, two of whose rows name a ward that nobody knows. */
static IngestReport load_list(const IngestSpec *list_spec, int people, const char *tail)
{
    static char content[4096];
    size_t length = (size_t)snprintf(content, sizeof content, LIST_HEADER);
    for (int i = 0; i < people; i++)
        length += (size_t)snprintf(content + length, sizeof content - length, "%s,G81001,%s,2020-01-01,,1\n",
                                   numbers[i], i < 2 ? "Z9" : "A1");
    (void)snprintf(content + length, sizeof content - length, "%s", tail);
    IngestDelivery delivery = world_delivery(content);
    return world_must_load(&world, list_spec, &delivery);
}

static Result add_totals(const char *person, const char *lines, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    char text[2048], hex[HASH_TEXT_BYTES];
    int64_t count;

    snprintf(text, sizeof text, "source,sender,period,measure,practice,value,tolerance,origin\n%s", lines);
    Hash content = hash_of(text, strlen(text));
    const GovernanceRequest request = {.action = GOVERNANCE_TOTALS_ADD,
                                       .person_id = person,
                                       .object = text_from(hash_format(&content, hex))};
    TRY(governance_request(world.governance, &request, &permit, error));
    TRY(ingest_totals_add(world.loader, permit, support_file("totals.csv", text), &count, error));
    return governance_result(world.governance, permit, &(GovernanceOutcome){.succeeded = true, .rows = count},
                             error);
}

static const char *printed(Table *table)
{
    static char text[16 * 1024];

    memset(text, 0, sizeof text);
    FILE *out = fmemopen(text, sizeof text - 1, "w");
    table_print(table, TABLE_CSV, out);
    fclose(out);
    return text;
}

static const char *tests_of(int month)
{
    SCOPED(table_close) Table *table = NULL;
    Error error = {0};

    cr_assert(ingest_quality_tests(world.loader, month_from(2026, month), NULL, &table, &error).ok, "%s",
              error.message);
    return printed(table);
}

Test(quality, rows_that_refer_to_nothing_held_are_told_and_limited)
{
    IngestQuality counts;
    IngestSpec *wards = add_spec(WARD_SPEC), *list_spec = add_spec(LIST_SPEC);
    cr_expect_eq(load_list(list_spec, 5, "").outcome, INGEST_LOADED, "nothing to refer to is held yet");
    cr_expect_null(strstr(report(7, true, &counts), "orphans"));
    IngestDelivery ward_list = world_delivery("ward_code\nA1\n");
    world_must_load(&world, wards, &ward_list);

    expect_line(report(7, true, &counts), "stay,hosp_a,orphans,ward_is_known,40.0,,0.0,1.0,high\r\n");
    world_script("UPDATE ingest.load SET state = 'withdrawn' WHERE load_id = 1");
    cr_expect_eq(load_list(list_spec, 4, "").outcome, INGEST_HELD, "two of four");
    ingest_spec_close(&wards);
    ingest_spec_close(&list_spec);
}

Test(quality, rows_and_people_are_compared_with_published_totals)
{
    IngestQuality counts;
    Error error = {0};
    IngestSpec *list_spec = add_spec(LIST_SPEC);
    cr_assert(add_totals("eng",
                         "stay,hosp_a,2026-07,rows,,6,0,Published admissions\n"
                         "stay,hosp_a,2026-07,people,,4,25,Mid-year estimate\n",
                         &error)
                  .ok,
              "%s", error.message);
    load_list(list_spec, 5, "9990000050,G81001,A1,2020-01-01,2020-02-01,1\n");

    const char *text = report(7, true, &counts);

    expect_line(text, "stay,hosp_a,\"rows, beside outside total\",Published admissions,6,6,6,6,as usual\r\n");
    expect_line(text, "stay,hosp_a,\"people, beside outside total\",Mid-year estimate,5,4,3,5,as usual\r\n");
    cr_assert(add_totals("eng", "stay,hosp_a,2026-07,rows,,8,10,Published again\n", &error).ok);
    expect_line(report(7, true, &counts),
                "stay,hosp_a,\"rows, beside outside total\",Published again,6,8,7,9,low\r\n");
    ingest_spec_close(&list_spec);
}

/* The rule of North Central London: within 1 percent excellent, within 2 percent or by fewer than 5 people
 * meets, from 20 percent on reject. Switch: ingest.list_verdict. */
Test(quality, a_practice_list_is_judged_by_one_two_and_twenty_percent)
{
    static const struct {
        int held, outside;
        const char *verdict;
    } cases[] = {
        {10000, 10000, "excellent"},
        {10099, 10000, "excellent"},
        {10100, 10000, "meets"},
        {9801, 10000, "meets"},
        {9800, 10000, "differs"},
        {96, 100, "meets"},
        {95, 100, "differs"},
        {8001, 10000, "differs"},
        {8000, 10000, "reject"},
        {12000, 10000, "reject"},
        {0, 3, "meets"},
        {5, 0, "reject"},
    };
    char sql[160];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(sql, sizeof sql, "SELECT (ingest.list_verdict(%d, %d) = '%s')::int4::int8", cases[i].held,
                 cases[i].outside, cases[i].verdict);
        cr_expect_eq(world_count(sql), 1, "%d beside %d", cases[i].held, cases[i].outside);
    }
}

Test(quality, a_register_with_a_practice_far_off_its_published_list_is_held)
{
    IngestQuality counts;
    Error error = {0};
    IngestSpec *list_spec = add_spec(LIST_SPEC);
    cr_assert(add_totals("eng",
                         "stay,hosp_a,2026-07,list size,G81001,6,,Patients registered\n"
                         "stay,hosp_a,2026-07,list size,G82002,100,,Patients registered\n",
                         &error)
                  .ok,
              "%s", error.message);

    IngestReport held = load_list(list_spec, 5, "9990000026,G82002,A1,2019-01-01,2019-12-31,1\n");

    cr_expect_eq(held.outcome, INGEST_HELD, "nobody is on the list of G82002 on the last of July");
    cr_expect_eq(world_count("SELECT value::int8 FROM ingest.load_finding WHERE measure = 'list size'"), 100);
    cr_assert(add_totals("eng", "stay,hosp_a,2026-07,list size,G82002,0,,Patients registered\n", &error).ok);
    world_script("UPDATE ingest.load SET state = 'refused'");
    cr_expect_eq(load_list(list_spec, 5, "").outcome, INGEST_LOADED, "off by one person");
    expect_line(report(7, true, &counts),
                "stay,hosp_a,\"list size, beside outside total\",G81001,5,6,2,10,meets\r\n");
    ingest_spec_close(&list_spec);
}

Test(quality, figures_are_taken_in_whole_or_not_at_all)
{
    static const struct {
        const char *lines, *message;
    } wrong[] = {
        {"visit,hosp_a,2026-7,rows,,1,1,x\n", "line 2: period"},
        {"visit,hosp_a,2026-07,rows,,1,1,x\nvisit,hosp_a,2026-07,cost,,1,1,x\n", "line 3: measure"},
        {"visit,hosp_a,2026-07,rows,G81001,1,1,x\n", "names its practice"},
        {"visit,hosp_a,2026-07,list size,,1,,x\n", "names its practice"},
        {"visit,hosp_a,2026-07,rows,,-1,1,x\n", "no whole number"},
        {"visit,hosp_a,2026-07,rows,,1,101,x\n", "0 to 100"},
        {"visit,hosp_a,2026-07,rows,,1,1.2.3,x\n", "line 2: tolerance"},
        {"visit,hosp_a,2026-07,rows,,1,.,x\n", "line 2: tolerance"},
        {"visit,hosp_a,2026-07,rows,,1,1,x\nvisit,hosp_a,2026-07,rows,,2,1,y\n",
         "line 3: a line before gives this figure already"},
        {"visit,hosp_a,2026-07,rows,,1,1,\n", "where the figure is from"},
        {"visit,hosp_a,2026-07,rows,,1,1\n", "as many fields"},
        {"visit,hosp_a,2026-07,rows,,1,1,\"x\"\n", "no quotes"},
        {"visit,,2026-07,rows,,1,1,x\n", "source and sender"},
        {"other,hosp_a,2026-07,rows,,1,1,x\n", "figure 1 is for a source that is not registered"},
        {"visit,hosp_a,2026-07,list size,G8100,1,,x\n", "a practice is a letter and five digits"},
        {"visit,hosp_a,2026-07,list size,g81001,1,,x\n", "a practice is a letter and five digits"},
        {"visit,hosp_a,2026-07,list size,G81001,1,,x\n", "figure 1 is a list size of a source that names no"},
        /* switch: ingest.is_sender in ingest.totals_put */
        {"visit,hosp_a,2026-07,rows,,1,1,x\nvisit,hosp_c,2026-07,rows,,1,1,x\n",
         "figure 2 is for a sender who neither has nor had an agreement"},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Error error = {0};
        cr_expect_not(add_totals("eng", wrong[i].lines, &error).ok, "%s", wrong[i].lines);
        cr_expect_eq(error.code, ERROR_INPUT);
        cr_expect_not_null(strstr(error.message, wrong[i].message), "%s: %s", wrong[i].lines, error.message);
    }
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.outside_total"), 0);
}

/* What the spec counts on did not come. Switches: is_protected in ingest/ingest.c, ingest.is_protected. */
Test(quality, a_delivery_without_the_manifest_that_its_spec_counts_on_is_unprotected)
{
    IngestQuality counts;
    IngestSpec *counted_on = add_spec(MANIFEST_SPEC);
    IngestDelivery delivery = world_delivery(HEADER "v1,9990000018,2026-07-01,A,1\n");

    cr_expect(world_must_load(&world, counted_on, &delivery).is_unprotected);
    ingest_spec_close(&counted_on);

    expect_line(report(7, false, &counts), "visit,hosp_a,protection,,,,,,unprotected\r\n");
    world_script(DELIVERY_OF_LOAD("false"));
    expect_line(report(7, false, &counts), "visit,hosp_a,protection,,,,,,unprotected\r\n");
}

Test(quality, one_whose_signed_manifest_came_is_protected)
{
    IngestQuality counts;
    IngestSpec *counted_on = add_spec(MANIFEST_SPEC);
    IngestDelivery delivery = world_delivery(HEADER "v1,9990000018,2026-07-01,A,1\n");
    delivery.is_signed = true;

    cr_expect_not(world_must_load(&world, counted_on, &delivery).is_unprotected);
    ingest_spec_close(&counted_on);

    world_script(DELIVERY_OF_LOAD("true"));
    cr_expect_null(strstr(report(7, true, &counts), "unprotected"));
}

Test(quality, a_nil_return_has_no_end_to_be_cut_off)
{
    IngestQuality counts;
    IngestSpec *counted_on = add_spec(MANIFEST_SPEC);
    IngestDelivery delivery = world_delivery(NULL);

    cr_expect_not(world_must_load(&world, counted_on, &delivery).is_unprotected);
    ingest_spec_close(&counted_on);

    cr_expect_null(strstr(report(7, true, &counts), "unprotected"));
}

/* ---- the seven tests and the index ---- */

Test(quality, each_of_the_seven_tests_can_pass_and_fail)
{
    Error error = {0};
    for (int month = 4; month < 7; month++)
        load_rows("hosp_a", month, 100, "A", "1");
    cr_assert(add_totals("eng", "visit,hosp_a,2026-07,rows,,100,5,x\n", &error).ok, "%s", error.message);
    load_rows("hosp_a", 7, 100, "A", "1");

    expect_line(tests_of(7), "visit,hosp_a,pass,pass,pass,pass,n/a,n/a,pass\r\n");
    expect_line(tests_of(7), "visit,hosp_b,fail,n/a,n/a,n/a,n/a,n/a,n/a\r\n");
    cr_assert(world_withdraw(&world, 4, &error).ok, "%s", error.message);
    world_script("UPDATE ingest.source_quality SET cost_column = 'cost'");
    IngestDelivery doubled = world_delivery(
        HEADER "v1,9990000018,2026-07-01,A,\nv1,9990000018,2026-07-01,A,\nv1,9990000018,2026-07-01,A,\n"
               "v1,9990000018,2026-07-01,A,\nv1,9990000018,2026-07-01,A,\nv1,9990000018,2026-07-01,A,\n");
    world_must_load(&world, spec, &doubled);
    expect_line(tests_of(7), "visit,hosp_a,pass,fail,fail,fail,n/a,fail,fail\r\n");
}

Test(quality, coding_beside_two_other_senders_is_the_fifth_test)
{
    world_script(
        "INSERT INTO governance.supplier (supplier, title) VALUES ('hosp_c', 'C');"
        "INSERT INTO governance.agreement (sender, source, purpose, valid_from, valid_to, legal_basis) "
        "VALUES ('hosp_c', 'visit', 'phm', '2020-01-01', '2090-12-31', 'b')");
    load_rows("hosp_a", 7, 10, "A", "1");
    load_rows("hosp_b", 7, 10, "A", "1");
    load_rows("hosp_c", 7, 10, "U", "1");

    const char *text = tests_of(7);

    expect_line(text, "visit,hosp_a,pass,no history,n/a,no history,pass,n/a,pass\r\n");
    expect_line(text, "visit,hosp_c,pass,no history,n/a,no history,fail,n/a,pass\r\n");
}

Test(quality, the_maturity_index_has_its_four_measures)
{
    SCOPED(table_close) Table *table = NULL;
    Error error = {0};
    load_rows("hosp_a", 4, 10, "A", "1");
    load_rows("hosp_a", 7, 10, "U", "");

    cr_assert(ingest_dqmi(world.loader, month_from(2026, 7), NULL, &table, &error).ok, "%s", error.message);

    /* 2 of 4 months; of 5 columns cost is filled in half; all valid; kind says not known in half of its rows.
     */
    expect_line(printed(table), "visit,hosp_a,50.0,90.0,100.0,10.0\r\n");
}

Test(quality, the_page_has_the_seven_tests_and_says_what_others_publish)
{
    static char text[32 * 1024];
    Error error = {0};
    cr_assert(add_totals("eng", "visit,hosp_a,2026-07,rows,,100,5,A <published> figure\n", &error).ok, "%s",
              error.message);
    load_rows("hosp_a", 7, 10, "A", "1");
    FILE *out = fmemopen(text, sizeof text - 1, "w");

    cr_assert(ingest_quality_page(world.loader, month_from(2026, 7), NULL, out, &error).ok, "%s",
              error.message);
    fclose(out);

    expect_line(text,
                "<td>visit</td><td>hosp_a</td><td class=\"pass\">pass</td><td class=\"no\">no history</td>"
                "<td class=\"fail\">fail</td>");
    expect_line(text, "<p class=\"say\">rows 10, A &lt;published&gt; figure: 100</p>");
}

/* Switch: the first month ever in ingest.dqmi, schema 070. */
Test(quality, months_missed_count_against_coverage_however_long_ago_the_first_came)
{
    for (int month = 1; month <= 2; month++)
        load_rows("hosp_a", month, 10, "A", "1");
    world_script("UPDATE ingest.load SET period = period - 24");
    load_rows("hosp_a", 7, 10, "A", "1");
    load_rows("hosp_b", 6, 10, "A", "1");

    cr_expect_eq(
        world_count("SELECT round(coverage)::int8 FROM ingest.dqmi(318, 'visit') WHERE sender = 'hosp_a'"), 8,
        "one of twelve");
    cr_expect_eq(
        world_count("SELECT round(coverage)::int8 FROM ingest.dqmi(318, 'visit') WHERE sender = 'hosp_b'"),
        50, "one of the two since its first");
}

/* Switch: is_silent in ingest.deliveries_expected, schema 070. */
Test(quality, who_stays_silent_fails_each_month_after)
{
    for (int month = 1; month <= 2; month++)
        load_rows("hosp_b", month, 10, "A", "1");

    expect_line(tests_of(3), "visit,hosp_b,fail,");
    expect_line(tests_of(7), "visit,hosp_b,fail,");
    expect_line(tests_of(12), "visit,hosp_b,fail,");
}
