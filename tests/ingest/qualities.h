#pragma once
/* Deliveries of visits, and of lists with wards, and what is said of their quality. */
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

static inline void set_up(void)
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

static inline void tear_down(void)
{
    ingest_spec_close(&spec);
    world_close(&world);
}

/* Rows of one kind and cost; each with a record key of its own. */
static inline void load_rows(const char *sender, int month, int count, const char *kind, const char *cost)
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

static inline const char *report(int month, bool all, IngestQuality *counts)
{
    SCOPED(table_close) Table *table = NULL;
    Error error = {0};

    cr_assert(ingest_quality(world.loader, month_from(2026, month), NULL, all, &table, counts, &error).ok,
              "%s", error.message);
    return support_csv(table);
}

static inline void expect_line(const char *text, const char *line)
{
    cr_expect(strstr(text, line) != NULL, "%s\nnot in\n%s", line, text);
}

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

static inline IngestSpec *add_spec(const char *text)
{
    IngestSpec *added = world_spec(text);

    world_apply(added);
    return added;
}

/* So many people on the list of G81001, two of whose rows name a ward that nobody knows. */
static inline IngestReport load_list(const IngestSpec *list_spec, int people, const char *tail)
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

static inline Result add_totals(const char *person, const char *lines, Error *error)
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

static inline const char *tests_of(int month)
{
    SCOPED(table_close) Table *table = NULL;
    Error error = {0};

    cr_assert(ingest_quality_tests(world.loader, month_from(2026, month), NULL, &table, &error).ok, "%s",
              error.message);
    return support_csv(table);
}
