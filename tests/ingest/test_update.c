/* Net change and bulk replacement: which rows of the loads held count. */
#include <stdio.h>
#include <string.h>

#include "tests/ingest/world.h"

#define CHANGE_HEADER "visit_id,nhs_number,done,said_on,said_at,cost,ended_on\n"
#define CHANGE_COLUMNS                                                                                       \
    "columns:\n"                                                                                             \
    "  - { name: visit_id, use: ignored, required: true }\n"                                                 \
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"                                      \
    "  - { name: done, use: text, shape: \"9\", required: true }\n"                                          \
    "  - { name: said_on, use: date, required: true }\n"                                                     \
    "  - { name: said_at, use: time }\n"                                                                     \
    "  - { name: cost, use: measure, type: integer, min: 0, max: 1000, required: true }\n"                   \
    "  - { name: ended_on, use: date }\n"
#define CHANGE_SPEC                                                                                          \
    "source: list\ntitle: Changes\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"    \
    "update: net_change\nchange: { operation: done, remove: \"1\", date: said_on, time: said_at }\n"         \
    "controller: sender\nsubject: person\nrecord_key: [visit_id]\n"                                          \
    "rejects: { rows_max: 3, percent_max: 50 }\n" CHANGE_COLUMNS                                             \
    "rules:\n  - { name: ends_before_said, column: ended_on, not_before: said_on }\n"

#define CHANGE_OF_PRACTICES                                                                                  \
    "source: list\ntitle: Changes\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"    \
    "update: net_change\nchange: { operation: done, remove: \"1\", date: said_on }\n"                        \
    "controller: practice\nsubject: none\nrecord_key: [visit_id, practice]\n"                                \
    "rejects: { rows_max: 3, percent_max: 50 }\ncolumns:\n"                                                  \
    "  - { name: visit_id, use: ignored, required: true }\n"                                                 \
    "  - { name: practice, use: dimension, shape: \"A99999\", required: true }\n"                            \
    "  - { name: done, use: text, shape: \"9\", required: true }\n"                                          \
    "  - { name: said_on, use: date, required: true }\n"

#define BULK_HEADER      "nhs_number,part,first_day,last_day,visit_date,cost\n"
#define BULK_EACH_HEADER "nhs_number,part,first_day,last_day,visit_date,cost,practice\n"
#define BULK_SPEC                                                                                            \
    "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"      \
    "update: bulk_replacement\nreplaces: { group: part, from: first_day, to: last_day }\n"                   \
    "controller: sender\nsubject: person\nevent_date: visit_date\n"                                          \
    "rejects: { rows_max: 3, percent_max: 50 }\n"                                                            \
    "columns:\n"                                                                                             \
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"                                      \
    "  - { name: part, use: text, shape: \"AAA\", required: true }\n"                                        \
    "  - { name: first_day, use: date, required: true }\n"                                                   \
    "  - { name: last_day, use: date, required: true }\n"                                                    \
    "  - { name: visit_date, use: date, required: true }\n"                                                  \
    "  - { name: cost, use: measure, type: integer, min: 0, max: 1000 }\n"

enum { TEXT_BYTES = 4096 };

static World world;
static IngestSpec *change, *bulk;

static void set_up(void)
{
    world = world_open();
    change = world_spec(CHANGE_SPEC);
    bulk = world_spec(BULK_SPEC);
    world_apply(change);
    world_apply(bulk);
}

static void tear_down(void)
{
    ingest_spec_close(&change);
    ingest_spec_close(&bulk);
    world_close(&world);
}

TestSuite(update, .init = set_up, .fini = tear_down);

static void change_text(char out[TEXT_BYTES], const char *text, const char *from, const char *to)
{
    char changed[TEXT_BYTES];
    const char *at = strstr(text, from);

    cr_assert_not_null(at, "%s", from);
    (void)snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    memcpy(out, changed, sizeof changed);
}

static int64_t load(const IngestSpec *spec, const char *sender, int month, const char *content)
{
    IngestDelivery delivery = world_delivery(content);

    delivery.sender = sender;
    delivery.period = month_from(2026, month);
    return world_must_load(&world, spec, &delivery).load_id;
}

static int64_t cost_of_list(void)
{
    return world_count("SELECT coalesce(sum(cost), 0)::int8 FROM records.active_list");
}

static int64_t cost_of_stay(void)
{
    return world_count("SELECT coalesce(sum(cost), 0)::int8 FROM records.active_stay");
}

/* Switch: the ORDER BY of net_change in ingest.active_rows. */
Test(update, of_a_net_change_the_newest_word_on_a_record_counts)
{
    load(change, "hosp_a", 7,
         CHANGE_HEADER "v1,9990000018,9,2026-07-02,10:00,1,\nv2,9990000026,9,2026-07-02,10:00,20,\n");
    load(change, "hosp_a", 8, CHANGE_HEADER "v1,9990000018,9,2026-08-01,09:00,300,\n");

    cr_expect_eq(cost_of_list(), 320);
}

Test(update, a_word_said_earlier_but_delivered_later_does_not_count)
{
    load(change, "hosp_a", 8, CHANGE_HEADER "v1,9990000018,9,2026-08-01,09:30,300,\n");
    load(change, "hosp_a", 9,
         CHANGE_HEADER "v1,9990000018,9,2026-08-01,09:29,1,\nv1,9990000018,9,2026-07-31,23:00,7,\n");

    cr_expect_eq(cost_of_list(), 300);
}

Test(update, of_two_words_of_one_moment_the_later_deliverys_counts)
{
    load(change, "hosp_a", 8, CHANGE_HEADER "v1,9990000018,9,2026-08-01,,300,\n");
    load(change, "hosp_a", 7, CHANGE_HEADER "v1,9990000018,9,2026-08-01,,1,\n");

    cr_expect_eq(cost_of_list(), 300, "August's, though July's came last");
}

Test(update, the_time_of_a_word_is_kept_as_one)
{
    load(change, "hosp_a", 8, CHANGE_HEADER "v1,9990000018,9,2026-08-01,09:30:15,300,\n");

    cr_expect_eq(world_count("SELECT count(*) FROM records.list WHERE said_at = time '09:30:15'"), 1);
}

/* Switches: removal_code in ingest.active_rows; is_removal in ingest/rule.c, without which the row is
 * quarantined. */
Test(update, a_removal_takes_a_record_away_and_needs_no_other_value)
{
    load(change, "hosp_a", 7,
         CHANGE_HEADER "v1,9990000018,9,2026-07-02,10:00,1,\nv2,9990000026,9,2026-07-02,10:00,20,\n");
    int64_t removal = load(change, "hosp_a", 8, CHANGE_HEADER "v1,,1,2026-08-01,09:00,,\n");

    cr_expect_eq(cost_of_list(), 20);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.quarantine"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM presence.list"), 1, "linkage sees what counts");

    Error error = {0};
    cr_assert(world_withdraw(&world, removal, &error).ok, "%s", error.message);
    cr_expect_eq(cost_of_list(), 21, "a withdrawn removal gives the record back");
}

Test(update, a_removal_without_its_record_key_or_date_is_quarantined)
{
    load(change, "hosp_a", 7,
         CHANGE_HEADER
         "v1,9990000018,9,2026-07-02,10:00,1,\nv2,9990000018,9,2026-07-02,10:00,1,\n,,1,2026-08-"
         "01,,,\nv1,,1,,,,\n");

    cr_expect_eq(cost_of_list(), 2);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.quarantine WHERE rule = 'missing'"), 2);
}

Test(update, a_record_of_another_sender_is_another_record)
{
    load(change, "hosp_a", 7, CHANGE_HEADER "v1,9990000018,9,2026-07-02,10:00,1,\n");
    load(change, "hosp_b", 7, CHANGE_HEADER "v1,,1,2026-07-03,10:00,,\n");

    cr_expect_eq(cost_of_list(), 1);
}

/* Switch: is_asked in ingest/rule.c. Each value would be a fault of any other row. */
Test(update, a_removal_is_not_rejected_for_what_else_stands_in_it)
{
    IngestDelivery delivery;
    load(change, "hosp_a", 7, CHANGE_HEADER "v1,9990000018,9,2026-07-02,10:00,1,2026-07-02\n");
    delivery = world_delivery(CHANGE_HEADER "v1,none,1,2026-08-01,09:00,9999,1066-01-01\n");
    delivery.period = month_from(2026, 8);

    IngestReport report = world_must_load(&world, change, &delivery);

    cr_expect_eq(report.rows_quarantined, 0);
    cr_expect_eq(cost_of_list(), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM records.list WHERE done = '1' AND cost IS NULL"
                             " AND ended_on IS NULL AND subject_id IS NULL"),
                 1, "and it is not kept");
    cr_expect_eq(world_count("SELECT coalesce(sum(missing + invalid), 0)::int8 FROM ingest.load_column"), 0);
}

Test(update, a_removal_that_does_not_say_when_is_quarantined)
{
    load(change, "hosp_a", 7,
         CHANGE_HEADER "v1,9990000018,9,2026-07-02,10:00,1,\nv2,9990000018,9,2026-07-02,10:00,1,\n"
                       "v1,,1,2026-08-01,noon,,\nv2,,1,soon,,,\n");

    cr_expect_eq(cost_of_list(), 2);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.quarantine"), 2);
}

/* Switch: the CASE of change_time_column in ingest.active_rows. */
Test(update, a_net_change_may_tell_no_time)
{
    SCOPED(ingest_spec_close) IngestSpec *timeless = NULL;
    char text[TEXT_BYTES];
    change_text(text, CHANGE_SPEC, "source: list", "source: visit");
    change_text(text, text, ", time: said_at", "");
    timeless = world_spec(text);
    world_apply(timeless);

    load(timeless, "hosp_a", 7,
         CHANGE_HEADER "v1,9990000018,9,2026-07-02,23:00,1,\nv1,9990000018,9,2026-07-02,01:00,20,\n"
                       "v1,9990000018,9,2026-07-01,,300,\n");

    cr_expect_eq(world_count("SELECT sum(cost)::int8 FROM records.active_visit"), 20, "the later line's");
}

/* Switch: the NOT EXISTS of bulk_replacement in ingest.active_rows. */
Test(update, a_bulk_replacement_replaces_its_groups_days_alone)
{
    load(bulk, "hosp_a", 7,
         BULK_HEADER "9990000018,APC,2026-07-01,2026-07-31,2026-07-03,1\n"
                     "9990000018,APC,2026-07-01,2026-07-31,2026-07-20,20\n"
                     "9990000026,OPD,2026-07-01,2026-07-31,2026-07-03,300\n");
    cr_expect_eq(cost_of_stay(), 321);

    int64_t second =
        load(bulk, "hosp_a", 8, BULK_HEADER "9990000018,APC,2026-07-15,2026-08-31,2026-08-09,400\n");

    cr_expect_eq(cost_of_stay(), 701, "the 20th of July is replaced, by nothing");
    load(bulk, "hosp_b", 9, BULK_HEADER "9990000018,APC,2026-07-01,2026-09-30,2026-09-01,50\n");
    cr_expect_eq(cost_of_stay(), 751, "a sender replaces its own");

    Error error = {0};
    cr_assert(world_withdraw(&world, second, &error).ok, "%s", error.message);
    cr_expect_eq(cost_of_stay(), 371, "what it had replaced counts again");
}

Test(update, a_late_month_does_not_replace_what_a_later_month_said)
{
    load(bulk, "hosp_a", 8, BULK_HEADER "9990000018,APC,2026-07-01,2026-08-31,2026-07-09,400\n");
    load(bulk, "hosp_a", 7, BULK_HEADER "9990000018,APC,2026-07-01,2026-07-31,2026-07-03,1\n");

    cr_expect_eq(cost_of_stay(), 400);
}

/* Switch: store_replaces in load_bad, ingest/ingest.c. */
Test(update, rows_that_are_quarantined_replace_days_nevertheless)
{
    load(bulk, "hosp_a", 7,
         BULK_HEADER "9990000018,APC,2026-07-01,2026-07-31,2026-07-03,1\n"
                     "9990000026,OPD,2026-07-01,2026-07-31,2026-07-03,20\n"
                     "9990000026,MAT,2026-07-01,2026-07-31,2026-07-03,300\n");

    load(bulk, "hosp_a", 8,
         BULK_HEADER "9990000018,APC,2026-07-01,2026-07-31,2026-07-03,9999\n"
                     "9990000026,OPD,2026-07-31,2026-07-01,2026-07-03,20\n"
                     "9990000026,MAT,2026-07-01,soon,2026-07-03,20\n"
                     "9990000026,XXX,2026-07-01,2026-07-31,2026-07-03,4\n"
                     "9990000026,XXX,2026-07-01,2026-07-31,2026-07-04,50\n"
                     "9990000026,XXX,2026-07-01,2026-07-31,2026-07-31,600\n");

    cr_expect_eq(cost_of_stay(), 974, "the APC of July is gone; what names no days replaces none");
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_replaces WHERE load_id = 2"), 2, "each once");
}

Test(update, a_row_outside_the_days_it_replaces_is_quarantined)
{
    load(bulk, "hosp_a", 7,
         BULK_HEADER "9990000018,APC,2026-07-02,2026-07-30,2026-07-01,1\n"
                     "9990000018,APC,2026-07-02,2026-07-30,2026-07-02,20\n"
                     "9990000018,APC,2026-07-02,2026-07-30,2026-07-30,300\n"
                     "9990000018,APC,2026-07-02,2026-07-30,2026-07-31,4000\n");

    cr_expect_eq(cost_of_stay(), 320);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.quarantine WHERE column_name = 'visit_date'"
                             " AND rule = 'outside the days it replaces'"),
                 2);
}

Test(update, a_nil_return_replaces_nothing)
{
    IngestDelivery nil = world_delivery(NULL);
    load(bulk, "hosp_a", 7, BULK_HEADER "9990000018,APC,2026-07-01,2026-07-31,2026-07-03,1\n");
    nil.period = month_from(2026, 8);

    world_must_load(&world, bulk, &nil);

    cr_expect_eq(cost_of_stay(), 1);
}

/* Each row of a group of its own. */
static Result load_groups(int groups, Error *error)
{
    static char content[128 << 10];
    IngestReport report;
    int length = snprintf(content, sizeof content, "%s", BULK_HEADER);
    for (int i = 0; i < groups; i++)
        length += snprintf(content + length, sizeof content - (size_t)length,
                           "9990000018,%c%c%c,2026-07-01,2026-07-31,2026-07-03,1\n", 'A' + i / 676,
                           'A' + i / 26 % 26, 'A' + i % 26);
    IngestDelivery delivery = world_delivery(content);

    return world_load(&world, bulk, &delivery, &report, error);
}

Test(update, a_delivery_replaces_at_most_1000_spans_of_days)
{
    Error error = {0};

    Result past = load_groups(1001, &error);
    cr_expect(!past.ok);
    cr_expect_eq(error.code, ERROR_LIMIT, "%s", error.message);
    cr_expect(strstr(error.message, "replaces more than 1000 different spans of days of groups") != NULL,
              "%s", error.message);
    cr_expect(load_groups(1000, &error).ok, "%s", error.message);

    cr_expect_eq(cost_of_stay(), 1000);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_replaces"), 1000);
}

static void expect_refused(const char *spec, const char *from, const char *to, const char *rule)
{
    char text[TEXT_BYTES];
    Error error = {0};
    change_text(text, spec, from, to);

    cr_expect(!world_try_spec(text, &error).ok, "%s", rule);
    cr_expect(strstr(error.message, rule) != NULL, "%s", error.message);
}

Test(update, a_spec_must_say_what_its_mode_needs)
{
    expect_refused(CHANGE_SPEC, "update: net_change", "update: snapshot",
                   "change: goes with update net_change, and that with it");
    expect_refused(CHANGE_SPEC, "operation: done", "operation: nothing", "change: names no column");
    expect_refused(CHANGE_SPEC, "date: said_on", "date: cost", "change: names a column that is no date");
    expect_refused(CHANGE_SPEC, "operation: done", "operation: visit_id",
                   "change: names a column that is not both required and stored");
    expect_refused(CHANGE_SPEC, "operation: done", "operation: cost",
                   "change: operation names a column that is not stored as text");
    expect_refused(CHANGE_SPEC, "remove: \"1\"", "remove: \"12\"",
                   "change: remove is no value that its column may have");
    expect_refused(CHANGE_SPEC, "use: text, shape: \"9\"", "use: code, list: kind",
                   "change: remove is no value that its column may have");
    expect_refused(CHANGE_SPEC, "time: said_at", "time: cost",
                   "change: time names a column whose use is not time");
    expect_refused(CHANGE_SPEC, "record_key: [visit_id]\n", "",
                   "record_key: net_change tells records apart by it");
    expect_refused(CHANGE_SPEC, "record_key: [visit_id]", "record_key: [nhs_number]",
                   "record_key: net_change needs each of its columns required");
    expect_refused(CHANGE_OF_PRACTICES, "record_key: [visit_id, practice]", "record_key: [visit_id]",
                   "record_key: net_change needs the controller's column in it");
    expect_refused(BULK_SPEC, "update: bulk_replacement", "update: replace_by_period",
                   "replaces: goes with update bulk_replacement, and that with it");
    expect_refused(BULK_SPEC, "from: first_day", "from: cost", "replaces: names a column that is no date");
    expect_refused(BULK_SPEC, "event_date: visit_date\n", "",
                   "event_date: bulk_replacement needs one that is required");
    expect_refused(BULK_SPEC, "group: part", "group: cost",
                   "replaces: names a column that is not both required and stored");
    expect_refused(BULK_SPEC, "group: part", "group: visit_date",
                   "replaces: group names a column that is not stored as text");
    expect_refused(BULK_SPEC, "percent_max: 50", "percent_max: 100",
                   "rejects: bulk_replacement needs percent_max below 100");
}

/* The row that amends a record, or replaces its day, would be gone, and what it supersedes would count on. */
Test(update, a_mode_in_which_rows_supersede_others_excludes_none)
{
    expect_refused(CHANGE_SPEC, "rejects:",
                   "exclude: [{ column: done, equals: \"2\", otherwise: [\"1\", \"9\"] }]\nrejects:",
                   "exclude: not with net_change or bulk_replacement");
    expect_refused(BULK_SPEC,
                   "rejects:", "exclude: [{ column: part, equals: XXX, otherwise: [APC, OPD] }]\nrejects:",
                   "exclude: not with net_change or bulk_replacement");
}

Test(update, opt_outs_and_look_ups_are_snapshots_and_mergers_come_as_they_like)
{
    char text[TEXT_BYTES];
    Error error = {0};

    expect_refused(CHANGE_SPEC, "subject: person", "subject: person\nrole: opt_out",
                   "update: its role needs snapshot");
    expect_refused(BULK_SPEC, "subject: person", "subject: person\nrole: opt_out",
                   "update: its role needs snapshot");
    expect_refused(CHANGE_SPEC, "subject: person", "subject: person\nrole: geography",
                   "update: its role needs snapshot");
    expect_refused(BULK_SPEC, "subject: person", "subject: person\nrole: practice",
                   "update: its role needs snapshot");
    change_text(text, CHANGE_SPEC, "subject: person", "subject: person\nrole: merger");
    cr_expect(world_try_spec(text, &error).ok, "%s", error.message);
}

static void expect_apply_refused(const char *text, const char *from, const char *to)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    SCOPED(db_close) Db *owner = support_connect("cinque_owner");
    char changed[TEXT_BYTES];
    FILE *out = fopen("/dev/null", "w");
    Error error = {0};
    change_text(changed, text, "version: 1", "version: 2");
    change_text(changed, changed, from, to);
    spec = world_spec(changed);

    Result result = ingest_source_apply(owner, spec, out, &error);

    fclose(out);
    cr_expect(!result.ok, "%s", to);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect(strstr(error.message, "cannot change: rows held are superseded by them") != NULL, "%s",
              error.message);
}

/* Switch: supersedes_as_registered in ingest/spec_ddl.c. */
Test(update, by_what_rows_supersede_each_other_never_changes)
{
    expect_apply_refused(CHANGE_SPEC, "remove: \"1\"", "remove: \"2\"");
    expect_apply_refused(CHANGE_SPEC, ", time: said_at", "");
    expect_apply_refused(CHANGE_SPEC, "name: said_on,", "name: said_on, as: said_then,");
    expect_apply_refused(CHANGE_SPEC, "name: done,", "name: done, as: did,");
    expect_apply_refused(CHANGE_SPEC, "record_key: [visit_id]", "record_key: [visit_id, done]");
    expect_apply_refused(CHANGE_SPEC, "record_key: [visit_id]", "record_key: [done]");
    expect_apply_refused(BULK_SPEC, "name: part,", "name: part, as: parts,");
    expect_apply_refused(BULK_SPEC, "from: first_day", "from: visit_date");
    expect_apply_refused(BULK_SPEC, "to: last_day", "to: visit_date");
    expect_apply_refused(BULK_SPEC, "event_date: visit_date", "event_date: last_day");
}

Test(update, a_newer_version_may_change_all_else)
{
    SCOPED(ingest_spec_close) IngestSpec *newer = NULL;
    char text[TEXT_BYTES];
    change_text(text, CHANGE_SPEC, "version: 1", "version: 2");
    change_text(text, text, "max: 1000", "max: 9");
    newer = world_spec(text);

    world_apply(newer);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.source_version WHERE version = 2"), 1);
}

/* Switch: where release.rows_of asks for the controller. */
Test(update, rows_of_a_controller_that_no_longer_agrees_still_replace_what_they_replaced)
{
    char text[TEXT_BYTES];
    change_text(text, BULK_SPEC "  - { name: practice, use: dimension, shape: \"A99999\", required: true }\n",
                "controller: sender", "controller: practice");
    SCOPED(ingest_spec_close) IngestSpec *each = world_spec(text);
    world_apply(each);
    load(each, "hosp_a", 7, BULK_EACH_HEADER "9990000018,APC,2026-07-01,2026-07-31,2026-07-05,1,G82001\n");
    load(each, "hosp_a", 8,
         BULK_EACH_HEADER "9990000026,APC,2026-07-01,2026-07-31,2026-07-06,1,G82002\n"
                          "9990000026,OPD,2026-07-01,2026-07-31,2026-07-06,1,G82001\n");

    world_script(
        "INSERT INTO release.release (month, purpose, state, permit_id) VALUES (319, 'phm', 'building', "
        "'\\x00');"
        "INSERT INTO release.release_load SELECT 1, l.load_id, l.source_id, true, true FROM ingest.load AS l;"
        "INSERT INTO release.release_controller SELECT 1, source_id, 'G82001' FROM ingest.source;"
        "DO $$ BEGIN EXECUTE (SELECT 'CREATE TABLE public.released AS SELECT * FROM ' || release.rows_of(1, "
        "s)"
        " || ' AS x' FROM ingest.source AS s WHERE name = 'stay'); END $$");

    cr_expect_eq(world_count("SELECT count(*) FROM public.released"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM public.released WHERE part = 'OPD'"), 1);
}
