/* Every shipped spec in one database, and the good rows of its fixture loaded: tables as wide as the widest
 * spec. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/input.h"
#include "ingest/pass.h"
#include "tests/sources/shipped.h"
#include "tests/support/support.h"

enum { TEXT_BYTES = 1 << 20, LINES_MAX = 64 };

typedef struct Bench {
    Governance *governance;
    Db *owner, *loader;
    Keyring *keyring;
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
    cr_assert(keyring_create(folder, &error).ok, "%s", error.message);
    cr_assert(keyring_open(folder, &bench.keyring, &error).ok, "%s", error.message);
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

static void expect_load(const Bench *bench, const char *name)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    char path[SHIPPED_PATH_BYTES], object[HASH_TEXT_BYTES], detail[INGEST_DETAIL_BYTES];
    FILE *out = fopen("/dev/null", "w");
    IngestReport report;
    Error error = {0};
    size_t count;
    cr_assert(ingest_spec_open(shipped_path("sources", name, ".yaml", path), NULL, &spec, &error).ok, "%s",
              error.message);
    cr_assert(ingest_source_apply(bench->owner, spec, out, &error).ok, "%s", error.message);
    fclose(out);
    InputMark mark;
    const IngestDelivery delivery = {.path = good_rows(bench, spec, name, &count),
                                     .sender = sender_of(bench, spec),
                                     .period = month_from(2026, 6),
                                     .status = INGEST_FINAL,
                                     .mark = &mark};
    cr_assert(ingest_delivery_object(delivery.path, &mark, object, &error).ok, "%s", error.message);
    permit = permit_for(bench, &(GovernanceRequest){.action = GOVERNANCE_LOAD,
                                                    .person_id = "eng",
                                                    .source = text_from(name),
                                                    .sender = text_from(delivery.sender),
                                                    .object = text_from(object),
                                                    .detail = ingest_delivery_detail(&delivery, detail)});
    const IngestContext context = {
        .loader = bench->loader, .keyring = bench->keyring, .quarantine_folder = support_folder()};

    Result loaded = ingest_load(&context, permit, spec, &delivery, &report, &error);

    cr_assert(loaded.ok, "%s: %s", name, error.message);
    cr_expect_eq(report.outcome, INGEST_LOADED, "%s", name);
    cr_expect_eq(report.rows_loaded, (int64_t)count, "%s", name);
    cr_assert(
        governance_result(bench->governance, permit, &(GovernanceOutcome){.succeeded = true}, &error).ok);
}

Test(load, the_good_rows_of_every_fixture_are_stored, .timeout = 120)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    const char *names[SHIPPED_MAX];
    size_t count = shipped_names(arena, "sources", ".yaml", names);
    Bench bench = open_bench(names, count);

    for (size_t i = 0; i < count; i++)
        expect_load(&bench, names[i]);

    close_bench(&bench);
}
