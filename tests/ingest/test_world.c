#include "tests/ingest/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const char WORLD_SPEC[] =
    "source: visit\n"
    "title: Visits\n"
    "version: 1\n"
    "effective_from: 2024-04-01\n"
    "file: { format: delimited, line_bytes_max: 1024 }\n"
    "update: replace_by_period\n"
    "controller: sender\n"
    "subject: person\n"
    "event_date: visit_date\n"
    "period_date: visit_date\n"
    "withheld: withheld\n"
    "exclude: [{ column: withheld, equals: SECRET, otherwise: [\"\", \"01\", \"03\"] }]\n"
    "record_key: [visit_id]\n"
    "rejects: { rows_max: 3, percent_max: 50 }\n"
    "columns:\n"
    "  - { name: visit_id, use: ignored, required: true }\n"
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"
    "  - { name: birth_date, use: demographic, identity: birth_date }\n"
    "  - { name: postcode, use: demographic, identity: postcode }\n"
    "  - { name: visit_date, use: date, required: true }\n"
    "  - { name: end_date, use: date }\n"
    "  - { name: kind, use: code, list: kind }\n"
    "  - { name: ward, use: dimension, shape: \"A99?\" }\n"
    "  - { name: cost, use: measure, type: decimal, min: 0, max: 1000 }\n"
    "  - { name: beds, use: measure, type: integer, min: 1, max: 9 }\n"
    "  - { name: urgent, use: presence }\n"
    "  - { name: withheld, use: ignored }\n"
    "rules:\n"
    "  - { name: ends_before_it_starts, column: end_date, not_before: visit_date }\n";

static const char rules[] = "people:\n"
                            "  - { id: eng, uid: 71001, name: Engineer, roles: [engineer] }\n"
                            "  - { id: ida, uid: 71004, name: IG lead, roles: [ig_lead] }\n"
                            "  - { id: stu, uid: 71006, name: Steward, roles: [steward] }\n"
                            "  - { id: two, uid: 71007, name: Both, roles: [engineer, ig_lead] }\n"
                            "purposes:\n"
                            "  - { code: phm, title: Population health, opt_out: applied }\n"
                            "suppliers:\n"
                            "  - { id: hosp_a, title: A }\n"
                            "  - { id: hosp_b, title: B }\n"
                            "agreements:\n"
                            "  - { supplier: hosp_a, datasets: [visit, list, stay], purposes: [phm], from: "
                            "2020-01-01, to: 2090-12-31, "
                            "legal_basis: b }\n"
                            "  - { supplier: hosp_b, datasets: [visit, list, stay], purposes: [phm], from: "
                            "2020-01-01, to: 2090-12-31, "
                            "legal_basis: b }\n"
                            "policies: []\n"
                            "projects: []\n";

static void apply_rules(Governance *governance)
{
    const char *path = support_file("rules.yaml", rules);
    char hex[HASH_TEXT_BYTES];
    Hash content = hash_of(rules, strlen(rules));
    const GovernanceRequest request = {.action = GOVERNANCE_APPLY,
                                       .person_id = "bootstrap",
                                       .object = text_from(hash_format(&content, hex))};
    GovernancePermit *permit = NULL;
    FILE *out = fopen("/dev/null", "w");
    int64_t changes;
    Error error = {0};

    cr_assert(governance_request(governance, &request, &permit, &error).ok, "%s", error.message);
    cr_assert(governance_apply(governance, permit, path, false, out, &changes, &error).ok, "%s",
              error.message);
    cr_assert(governance_result(governance, permit, &(GovernanceOutcome){.succeeded = true}, &error).ok);
    governance_permit_close(&permit);
    fclose(out);
}

World world_open(void)
{
    SCOPED(db_close) Db *superuser = support_database(NULL);
    World world = {0};
    static char folder[512];
    Error error = {0};

    cr_assert(governance_open(support_conninfo("cinque_governor"), &world.governance, &error).ok, "%s",
              error.message);
    apply_rules(world.governance);
    world.loader = support_connect("cinque_loader");
    world.merger = support_connect("cinque_loader");
    snprintf(folder, sizeof folder, "%s/keyring", support_folder());
    world.keyring_folder = folder;
    cr_assert(keyring_create(folder, NULL, &error).ok, "%s", error.message);
    cr_assert(keyring_open(folder, &world.keyring, &error).ok, "%s", error.message);
    return world;
}

void world_close(World *world)
{
    keyring_close(&world->keyring);
    db_close(&world->writer);
    db_close(&world->merger);
    db_close(&world->loader);
    governance_close(&world->governance);
}

Result world_try_spec(const char *text, Error *error)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    char folder[512];

    snprintf(folder, sizeof folder, "%s/codes", support_folder());
    mkdir(folder, 0700);
    support_file("codes/kind.csv", "code,meaning\nA,Acute\nB,Booked\n\"C, D\",\"Comma, or \"\"D\"\"\"\n");
    return ingest_spec_open(support_file("spec.yaml", text), NULL, &spec, error);
}

IngestSpec *world_spec(const char *text)
{
    IngestSpec *spec = NULL;
    Error error = {0};

    cr_assert(world_try_spec(text, &error).ok, "%s", error.message);
    cr_assert(ingest_spec_open(support_file("spec.yaml", text), NULL, &spec, &error).ok, "%s", error.message);
    return spec;
}

void world_apply(const IngestSpec *spec)
{
    SCOPED(db_close) Db *owner = support_connect("cinque_owner");
    FILE *out = fopen("/dev/null", "w");
    Error error = {0};

    Result applied = ingest_source_apply(owner, spec, out, &error);
    fclose(out);
    cr_assert(applied.ok, "%s", error.message);
}

IngestDelivery world_delivery(const char *content)
{
    return (IngestDelivery){
        .path = content != NULL ? support_file("extract.csv", content) : NULL,
        .sender = "hosp_a",
        .period = month_from(2026, 7),
        .status = INGEST_FINAL,
    };
}

GovernancePermit *world_permit(const World *world, const IngestSpec *spec, const IngestDelivery *delivery)
{
    GovernancePermit *permit = NULL;
    InputMark mark;
    char object[HASH_TEXT_BYTES], detail[INGEST_DETAIL_BYTES];
    Error error = {0};

    cr_assert(ingest_delivery_object(delivery, &mark, object, &error).ok, "%s", error.message);
    const GovernanceRequest request = {
        .action = GOVERNANCE_LOAD,
        .person_id = "eng",
        .source = text_from(ingest_spec_source(spec)),
        .sender = text_from(delivery->sender),
        .object = text_from(object),
        .detail = ingest_delivery_detail(delivery, detail),
    };
    cr_assert(governance_request(world->governance, &request, &permit, &error).ok, "%s", error.message);
    return permit;
}

Result world_load(const World *world, const IngestSpec *spec, const IngestDelivery *delivery,
                  IngestReport *report, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = world_permit(world, spec, delivery);
    const IngestContext context = {.loader = world->loader,
                                   .merger = world->merger,
                                   .writer = world->writer,
                                   .keyring = world->keyring,
                                   .quarantine_folder = support_folder(),
                                   .parcel_keys = world->parcel_keys};
    Error ignored = {0};

    Result loaded = ingest_load(&context, permit, spec, delivery, report, error);
    cr_assert(
        governance_result(world->governance, permit, &(GovernanceOutcome){.succeeded = loaded.ok}, &ignored)
            .ok,
        "%s", ignored.message);
    return loaded;
}

IngestReport world_must_load(const World *world, const IngestSpec *spec, const IngestDelivery *delivery)
{
    IngestReport report;
    Error error = {0};

    cr_assert(world_load(world, spec, delivery, &report, &error).ok, "%s", error.message);
    return report;
}

Result world_withdraw(const World *world, int64_t load_id, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    char object[32];

    snprintf(object, sizeof object, "%" PRId64, load_id);
    const GovernanceRequest request = {
        .action = GOVERNANCE_WITHDRAW, .person_id = "eng", .object = text_from(object)};
    TRY(governance_request(world->governance, &request, &permit, error));
    TRY(ingest_withdraw(world->loader, permit, load_id, error));
    return governance_result(world->governance, permit, &(GovernanceOutcome){.succeeded = true}, error);
}

/* ---- stored encodings ---- */

static DbRows *rows_of(Db *db, const DbStatement *statement)
{
    DbRows *rows = NULL;
    Error error = {0};

    cr_assert(db_run(db, statement, NULL, &rows, &error).ok, "%s", error.message);
    return rows;
}

static EncodingOpener *opener_of(const World *world, Db *db)
{
    static const DbStatement seals = {
        .name = "seals",
        .sql = "SELECT load_id::int8, key_version::int8, header FROM subjects.encoding_seal",
        .columns = {VALUE_INT8, VALUE_INT8, VALUE_BYTES}};
    SCOPED(db_rows_close) DbRows *rows = rows_of(db, &seals);
    EncodingOpener *opener = encoding_opener_create(world->keyring_folder);
    Error error = {0};

    for (size_t i = 0; i < db_row_count(rows); i++)
        cr_assert(encoding_opener_add(opener,
                                      &(StoredLoad){.load_id = db_int(rows, i, 0),
                                                    .key_version = (int)db_int(rows, i, 1),
                                                    .header = db_text(rows, i, 2)},
                                      &error)
                      .ok,
                  "%s", error.message);
    return opener;
}

static size_t open_row(EncodingOpener *opener, DbRows *rows, size_t i, char *opened)
{
    StoredPlace place = {
        .load_id = db_int(rows, i, 1), .subject_id = db_int(rows, i, 0), .part = STORED_HEAD};
    size_t head, filters;
    Error error = {0};

    cr_assert(encoding_open(opener, &place, db_text(rows, i, 2), opened, &head, &error).ok, "%s",
              error.message);
    place.part = STORED_FILTERS;
    cr_assert(encoding_open(opener, &place, db_text(rows, i, 3), opened + head, &filters, &error).ok, "%s",
              error.message);
    return head + filters;
}

void world_open_encodings(const World *world, const char *table)
{
    static char opened[2 * ENCODING_BYTES_MAX];
    static const DbStatement stored = {
        .name = "stored",
        .sql = "SELECT subject_id, e.load_id::int8, e.head, f.filters FROM subjects.encoding AS e"
               " JOIN subjects.encoding_filter AS f USING (subject_id)",
        .columns = {VALUE_INT8, VALUE_INT8, VALUE_BYTES, VALUE_BYTES}};
    SCOPED(db_close) Db *db = support_connect(NULL);
    SCOPED(encoding_opener_close) EncodingOpener *opener = opener_of(world, db);
    SCOPED(db_rows_close) DbRows *rows = rows_of(db, &stored);
    char sql[256];
    Error error = {0};

    snprintf(sql, sizeof sql, "CREATE TABLE %s (subject_id int8, encoding bytea)", table);
    cr_assert(db_script(db, "table", sql, &error).ok, "%s", error.message);
    snprintf(sql, sizeof sql, "WITH a AS (INSERT INTO %s VALUES ($1, $2)) SELECT 0::int8", table);
    const DbStatement add = {
        .name = "add", .sql = sql, .parameters = {VALUE_INT8, VALUE_BYTES}, .columns = {VALUE_INT8}};
    for (size_t i = 0; i < db_row_count(rows); i++) {
        int64_t nothing;
        size_t length = open_row(opener, rows, i, opened);
        const Value values[] = {value_int8(db_int(rows, i, 0)), value_bytes((const uint8_t *)opened, length)};
        cr_assert(db_run_int8(db, &add, values, &nothing, NULL, &error).ok, "%s", error.message);
    }
}

int64_t world_count(const char *sql)
{
    SCOPED(db_close) Db *db = support_connect(NULL);
    const DbStatement statement = {.name = "test count", .sql = sql, .columns = {VALUE_INT8}};
    int64_t count = -1;
    Error error = {0};

    cr_assert(db_run_int8(db, &statement, NULL, &count, NULL, &error).ok, "%s", error.message);
    return count;
}

void world_script(const char *sql)
{
    SCOPED(db_close) Db *db = support_connect(NULL);
    Error error = {0};

    cr_assert(db_script(db, "test script", sql, &error).ok, "%s", error.message);
}

Error world_try(const char *role, const char *sql)
{
    SCOPED(db_close) Db *db = support_connect(role);
    Error error = {0};

    Result done = db_script(db, "test statement", sql, &error);
    return done.ok ? (Error){0} : error;
}
