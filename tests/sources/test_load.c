/* Every shipped spec in one database, and the good rows of its fixture loaded: tables as wide as the widest
 * spec. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/input.h"
#include "ingest/pass.h"
#include "tests/sources/shipped.h"
#include "tests/support/provider.h"
#include "tests/support/support.h"

enum { TEXT_BYTES = 1 << 20, LINES_MAX = 64 };

typedef struct Bench {
    Governance *governance;
    Db *owner, *loader;
    Keyring *keyring;
    ProviderKeys provider;
    Arena *arena;
} Bench;

static GovernancePermit *permit_for(const Bench *bench, const GovernanceRequest *request)
{
    GovernancePermit *permit = NULL;
    Error error = {0};

    cr_assert(governance_request(bench->governance, request, &permit, &error).ok, "%s", error.message);
    return permit;
}

/* A cross-walk is taken from its issuer alone. */
static const char *sender_of(const Bench *bench, const IngestSpec *spec)
{
    return spec->crosswalk_issuer.length > 0 ? text_to_string(bench->arena, spec->crosswalk_issuer)
                                             : "sender";
}

/* Two suppliers with an agreement for each source. */
static void apply_rules(const Bench *bench, const char *const *names, size_t count)
{
    Text text = TEXT("people:\n  - { id: eng, uid: 71001, name: Engineer, roles: [engineer] }\n"
                     "  - { id: ida, uid: 71004, name: IG lead, roles: [ig_lead] }\n"
                     "purposes:\n  - { code: phm, title: Population health, opt_out: applied }\n"
                     "suppliers:\n  - { id: sender, title: Sender }\n"
                     "  - { id: kent-icb, title: Issuer }\n"
                     "policies: []\nprojects: []\nagreements:\n");
    char hex[HASH_TEXT_BYTES];
    int64_t changes;
    Error error = {0};

    for (size_t i = 0; i < 2 * count; i++)
        text = text_format(bench->arena,
                           "%.*s  - { supplier: %s, datasets: [%s], purposes: [phm], from: 2020-01-01, to: "
                           "2090-12-31, legal_basis: b }\n",
                           TEXT_ARG(text), i < count ? "sender" : "kent-icb", names[i % count]);
    Hash content = hash_of(text.data, text.length);
    GovernancePermit *permit =
        permit_for(bench, &(GovernanceRequest){.action = GOVERNANCE_APPLY,
                                               .person_id = "bootstrap",
                                               .object = text_from(hash_format(&content, hex))});
    FILE *out = fopen("/dev/null", "w");
    cr_assert(governance_apply(bench->governance, permit, support_file("rules.yaml", text.data), false, out,
                               &changes, &error)
                  .ok,
              "%s", error.message);
    cr_assert(
        governance_result(bench->governance, permit, &(GovernanceOutcome){.succeeded = true}, &error).ok);
    governance_permit_close(&permit);
    fclose(out);
}

static Bench open_bench(const char *const *names, size_t count)
{
    SCOPED(db_close) Db *superuser = support_database(NULL);
    Bench bench = {.arena = arena_create(64 * TEXT_BYTES)};
    const char *folder = text_format(bench.arena, "%s/keyring", support_folder()).data;
    Error error = {0};

    cr_assert(governance_open(support_conninfo("cinque_governor"), &bench.governance, &error).ok, "%s",
              error.message);
    apply_rules(&bench, names, count);
    bench.owner = support_connect("cinque_owner");
    bench.loader = support_connect("cinque_loader");
    cr_assert(keyring_create(folder, NULL, &error).ok, "%s", error.message);
    cr_assert(keyring_open(folder, &bench.keyring, &error).ok, "%s", error.message);
    bench.provider = provider_keys(folder, support_folder(), "sender");
    return bench;
}

static void close_bench(Bench *bench)
{
    keyring_close(&bench->keyring);
    db_close(&bench->loader);
    db_close(&bench->owner);
    governance_close(&bench->governance);
    arena_close(&bench->arena);
}

/* ---- the good rows of a fixture ---- */

typedef struct Lines {
    uint64_t numbers[LINES_MAX];
    size_t count;
} Lines;

static Result keep_line(void *context, uint64_t line, const RuleRow *row, Error *error)
{
    Lines *lines = context;

    (void)row;
    (void)error;
    cr_assert_lt(lines->count, LINES_MAX);
    lines->numbers[lines->count++] = line;
    return RESULT_OK;
}

static Result drop_line(void *context, const ReaderRecord *record, const RuleRow *row, Error *error)
{
    (void)context;
    (void)record;
    (void)row;
    (void)error;
    return RESULT_OK;
}

static const char *good_rows(const Bench *bench, const IngestSpec *spec, const char *name, size_t *count)
{
    char path[SHIPPED_PATH_BYTES];
    Lines lines = {0};
    IngestReport report = {0};
    Error error = {0};
    Text rest, kept = {0};
    Hash hash;
    const Pass pass = {.spec = spec,
                       .path = shipped_path("tests/sources/fixtures", name, ".csv", path),
                       .period = month_from(2026, 6),
                       .sink = {.context = &lines, .good = keep_line, .bad = drop_line}};

    cr_assert(pass_run(&pass, &report, &hash, &error).ok, "%s", error.message);
    cr_assert(input_read_all(path, TEXT_BYTES, bench->arena, &rest, &error).ok, "%s", error.message);
    for (uint64_t number = 1, next = 0; rest.length > 0; number++) {
        Text line = text_next(&rest, '\n');
        if (number > 1 && (next == lines.count || lines.numbers[next] != number))
            continue;
        next += number > 1;
        kept = text_format(bench->arena, "%.*s%.*s\n", TEXT_ARG(kept), TEXT_ARG(line));
    }
    *count = lines.count;
    return support_file("extract.csv", kept.data);
}

static IngestSpec *open_spec(const char *name)
{
    IngestSpec *spec = NULL;
    char path[SHIPPED_PATH_BYTES];
    Error error = {0};

    cr_assert(ingest_spec_open(shipped_path("sources", name, ".yaml", path), NULL, &spec, &error).ok, "%s",
              error.message);
    return spec;
}

static void apply(const Bench *bench, const IngestSpec *spec)
{
    FILE *out = fopen("/dev/null", "w");
    Error error = {0};

    cr_assert(ingest_source_apply(bench->owner, spec, out, &error).ok, "%s", error.message);
    fclose(out);
}

static IngestReport must_load(const Bench *bench, const IngestSpec *spec, IngestDelivery delivery)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    char object[HASH_TEXT_BYTES], detail[INGEST_DETAIL_BYTES];
    IngestReport report;
    Error error = {0};
    InputMark mark;

    delivery.mark = &mark;
    cr_assert(ingest_delivery_object(&delivery, &mark, object, &error).ok, "%s", error.message);
    permit = permit_for(bench, &(GovernanceRequest){.action = GOVERNANCE_LOAD,
                                                    .person_id = "eng",
                                                    .source = text_from(ingest_spec_source(spec)),
                                                    .sender = text_from(delivery.sender),
                                                    .object = text_from(object),
                                                    .detail = ingest_delivery_detail(&delivery, detail)});
    const IngestContext context = {.loader = bench->loader,
                                   .keyring = bench->keyring,
                                   .quarantine_folder = support_folder(),
                                   .parcel_keys = bench->provider.hub};
    cr_assert(ingest_load(&context, permit, spec, &delivery, &report, &error).ok, "%s: %s",
              ingest_spec_source(spec), error.message);
    cr_assert(
        governance_result(bench->governance, permit, &(GovernanceOutcome){.succeeded = true}, &error).ok);
    return report;
}

static void expect_load(const Bench *bench, const char *name)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = open_spec(name);
    size_t count;
    apply(bench, spec);
    const IngestDelivery delivery = {.path = good_rows(bench, spec, name, &count),
                                     .sender = sender_of(bench, spec),
                                     .period = month_from(2026, 6),
                                     .status = INGEST_FINAL};

    IngestReport report = must_load(bench, spec, delivery);

    cr_expect_eq(report.outcome, INGEST_LOADED, "%s", name);
    cr_expect_eq(report.rows_loaded, (int64_t)count, "%s", name);
}

Test(load, the_good_rows_of_every_fixture_are_stored)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    const char *names[SHIPPED_MAX];
    size_t count = shipped_names(arena, "sources", ".yaml", names);
    Bench bench = open_bench(names, count);

    for (size_t i = 0; i < count; i++)
        expect_load(&bench, names[i]);

    close_bench(&bench);
}

/* ---- the same, pseudonymised at source ---- */

enum { PATH_BYTES = 512, SQL_BYTES = 4096 };

static int64_t count(const char *sql)
{
    SCOPED(db_close) Db *superuser = support_connect(NULL);
    int64_t number = -1;
    const DbStatement statement = {.name = "count", .sql = sql, .columns = {VALUE_INT8}};
    Error error = {0};

    cr_assert(db_run_int8(superuser, &statement, NULL, &number, NULL, &error).ok, "%s in %s", error.message,
              sql);
    return number;
}

static void script(const char *sql)
{
    SCOPED(db_close) Db *superuser = support_connect(NULL);
    Error error = {0};

    cr_assert(db_script(superuser, "test script", sql, &error).ok, "%s in %s", error.message, sql);
}

/* Rows of one that the other has not, both ways, as JSON without the columns that name the load. */
static void expect_same(const char *what, const char *table, const char *of_one, const char *of_other)
{
    char sql[SQL_BYTES];

    for (int turn = 0; turn < 2; turn++) {
        (void)snprintf(
            sql, sizeof sql,
            "SELECT count(*) FROM (SELECT to_jsonb(t) - '{load_id,first_load_id}'::text[] FROM %s t "
            "WHERE %s EXCEPT ALL SELECT to_jsonb(t) - '{load_id,first_load_id}'::text[] FROM %s t "
            "WHERE %s) AS difference",
            table, turn == 0 ? of_one : of_other, table, turn == 0 ? of_other : of_one);
        cr_expect_eq(count(sql), 0, "%s: %s", what, table);
    }
}

/* What stays of a file in clear is set aside, so that a parcel of it has its subjects to itself. */
static void set_subjects_aside(void)
{
    script("DROP TABLE IF EXISTS public.clear_subject; CREATE TABLE public.clear_subject AS SELECT * FROM "
           "subjects.subject; TRUNCATE subjects.subject CASCADE");
}

static void expect_same_loads(const char *name, int64_t clear, int64_t parcel)
{
    const char *const tables[] = {"records.%s", "ingest.quarantine", "ingest.load_column",
                                  "ingest.load_replaces"};
    char table[PATH_BYTES], of_clear[PATH_BYTES], of_parcel[PATH_BYTES];

    (void)snprintf(of_clear, sizeof of_clear, "load_id = %d", (int)clear);
    (void)snprintf(of_parcel, sizeof of_parcel, "load_id = %d", (int)parcel);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        (void)snprintf(table, sizeof table, i == 0 ? "records.%s" : "%s", i == 0 ? name : tables[i]);
        expect_same(name, table, of_clear, of_parcel);
    }
    cr_expect_eq(
        count("SELECT count(*) FROM (SELECT to_jsonb(s) - 'first_load_id' FROM subjects.subject s EXCEPT "
              "SELECT to_jsonb(c) - 'first_load_id' FROM public.clear_subject c) AS difference"),
        0, "%s", name);
    cr_expect_eq(count("SELECT count(*) - (SELECT count(*) FROM public.clear_subject) FROM subjects.subject"),
                 0, "%s", name);
}

/* All but what names the load, the file or the time. */
static void expect_same_reports(const char *name, const IngestReport *clear, const IngestReport *parcel)
{
    const int64_t pairs[][2] = {
        {clear->outcome, parcel->outcome},
        {clear->rows_read, parcel->rows_read},
        {clear->rows_loaded, parcel->rows_loaded},
        {clear->rows_quarantined, parcel->rows_quarantined},
        {clear->rows_excluded, parcel->rows_excluded},
        {clear->rows_withheld, parcel->rows_withheld},
        {clear->rows_damaged, parcel->rows_damaged},
        {clear->columns_renamed, parcel->columns_renamed},
        {clear->subjects_new, parcel->subjects_new},
        {clear->nhs_valid, parcel->nhs_valid},
        {clear->nhs_invalid, parcel->nhs_invalid},
        {clear->nhs_absent, parcel->nhs_absent},
        {(int64_t)clear->rule_count, (int64_t)parcel->rule_count},
        {clear->is_unprotected, parcel->is_unprotected},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        cr_expect_eq(pairs[i][0], pairs[i][1], "%s: count %zu", name, i);
    cr_expect_eq(memcmp(clear->rules, parcel->rules, sizeof clear->rules), 0, "%s", name);
}

static void write_parcel(const Bench *bench, const IngestSpec *spec, const IngestDelivery *delivery,
                         const char *out)
{
    SCOPED(keyring_close) Keyring *provider = NULL;
    IngestReport report;
    Error error = {0};

    cr_assert(keyring_open_provider(bench->provider.folder, &provider, &error).ok, "%s", error.message);
    const IngestAtSource at_source = {.keyring = provider,
                                      .sign_key = bench->provider.sign_key,
                                      .sender = delivery->sender,
                                      .period = delivery->period,
                                      .out = out};
    cr_assert(ingest_pseudonymise(&at_source, spec, delivery->path, &report, &error).ok, "%s: %s",
              ingest_spec_source(spec), error.message);
    cr_expect_eq(report.outcome, INGEST_WRITTEN);
}

/* As the same sender's next month. */
static void expect_parcel(const Bench *bench, const char *name)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = open_spec(name);
    char out[PATH_BYTES];
    size_t rows;
    apply(bench, spec);
    script("TRUNCATE subjects.subject CASCADE");
    IngestDelivery delivery = {.path = good_rows(bench, spec, name, &rows),
                               .sender = sender_of(bench, spec),
                               .period = month_from(2026, 6),
                               .status = INGEST_FINAL};
    provider_sign_as(&bench->provider, delivery.sender);
    (void)snprintf(out, sizeof out, "%s/%s.parcel", support_folder(), name);

    IngestReport clear = must_load(bench, spec, delivery);
    set_subjects_aside();
    delivery.period = month_from(2026, 7);
    write_parcel(bench, spec, &delivery, out);
    delivery.path = out;
    IngestReport parcel = must_load(bench, spec, delivery);

    expect_same_reports(name, &clear, &parcel);
    expect_same_loads(name, clear.load_id, parcel.load_id);
}

/* A parcel of these is refused (tests/ingest/test_at_source_refused.c): its tokens could name another
 * issuer's. */
static bool comes_in_clear_alone(const char *name)
{
    char sql[SQL_BYTES];

    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM ingest.source WHERE name = '%s' AND role IN ('crosswalk', 'merger')",
                   name);
    return count(sql) > 0;
}

Test(load, a_parcel_of_every_fixture_is_stored_as_its_file_is)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    const char *names[SHIPPED_MAX];
    size_t count_of_names = shipped_names(arena, "sources", ".yaml", names);
    Bench bench = open_bench(names, count_of_names);

    for (size_t i = 0; i < count_of_names; i++) {
        SCOPED(ingest_spec_close) IngestSpec *spec = open_spec(names[i]);
        apply(&bench, spec);
        if (!comes_in_clear_alone(names[i]))
            expect_parcel(&bench, names[i]);
    }

    close_bench(&bench);
}
