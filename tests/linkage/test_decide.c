/* What people are told of a link, what they decide about a pair, and what may not happen meanwhile. */
#include "tests/linkage/alike.h"

static char text[BENCH_TEXT_BYTES];

Test(decide, what_somebody_decided_holds_from_the_next_run_on)
{
    SCOPED(bench_close) Bench bench = alike_suspect();
    bench_link(&bench);
    alike_decide(&bench, 1, true);
    cr_expect_str_eq(bench_people(&bench, text), "1|2");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2");
    cr_expect_eq(report.clerical, 0);
    bench_text(&bench, "SELECT string_agg(concat_ws(' ', author, is_same), ';') FROM linkage.decision", text);
    cr_expect_str_eq(text, "engineer t");
}

/* Switch: keep_apart. */
Test(decide, who_was_decided_to_be_apart_is_though_alike)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1,2");
    alike_decide(&bench, 1, false);

    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1|2");

    alike_decide(&bench, 1, true);
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1,2", "the later decision counts");
}

/* Somebody at another desk, while encodings are opened. */
typedef struct Desk {
    Db *linker;
    GovernancePermit *permit;
    Error refusal;
} Desk;

static Result decide_meanwhile(void *context, int64_t load_id, int key_version, Text header, Error *error)
{
    Desk *desk = context;

    cr_expect(!linkage_decide(desk->linker, desk->permit, 1, false, &desk->refusal).ok);
    return bench_add_load(NULL, load_id, key_version, header, error);
}

/* Half of a run would go by what was decided before and half by what is decided now. Switch: the lock of
 * linkage.decide. */
Test(decide, nothing_is_decided_while_a_run_goes_on)
{
    SCOPED(bench_close) Bench bench = alike_open();
    SCOPED(db_close) Db *beside = support_connect("cinque_linker");
    SCOPED(governance_permit_close)
    GovernancePermit *run = bench_permit(&bench, GOVERNANCE_LINK, "link"),
                     *apart = bench_permit(&bench, GOVERNANCE_LINK_DECIDE, "1 apart");
    Desk desk = {.linker = beside, .permit = apart};
    const LinkageOpener opener = {.add_load = decide_meanwhile, .open = bench_open_sealed, .context = &desk};
    LinkageReport report;
    Error error = {0};
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    bench_link(&bench);
    bench_run(bench.owner, "ALTER FUNCTION linkage.decide(bytea, int8, boolean) SET lock_timeout = '20ms'");

    cr_assert(linkage_run(bench.linker, &opener, run, &report, &error).ok, "%s", error.message);

    cr_expect_eq(desk.refusal.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(desk.refusal.message, "a run or a release is being made"), "%s",
                       desk.refusal.message);
    cr_expect_str_eq(bench_people(&bench, text), "1,2");
    alike_decide(&bench, 1, false);
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1|2");
}

/* Switch: lock_not_available in linkage.decide. Another session has decided and is not at its commit. */
Test(decide, two_people_do_not_decide_about_a_pair_at_once)
{
    SCOPED(bench_close) Bench bench = alike_suspect();
    SCOPED(db_close) Db *beside = support_connect("cinque_linker");
    SCOPED(governance_permit_close)
    GovernancePermit *same = bench_permit(&bench, GOVERNANCE_LINK_DECIDE, "1 same"),
                     *apart = bench_permit(&bench, GOVERNANCE_LINK_DECIDE, "1 apart");
    Error error = {0};
    bench_link(&bench);
    bench_run(bench.owner, "ALTER FUNCTION linkage.decide(bytea, int8, boolean) SET lock_timeout = '20ms'");
    cr_assert(db_begin(beside, &error).ok, "%s", error.message);
    cr_assert(linkage_decide(beside, same, 1, true, &error).ok, "%s", error.message);

    cr_expect_not(linkage_decide(bench.linker, apart, 1, false, &error).ok);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message,
                     "linkage: another session is deciding about this pair: decide when that has ended");
    cr_assert(db_commit(beside, &error).ok, "%s", error.message);
    cr_expect(linkage_decide(bench.linker, apart, 1, false, &error).ok, "%s", error.message);
    bench_text(&bench, "SELECT string_agg(is_same::text, ' ' ORDER BY decided) FROM linkage.decision", text);
    cr_expect_str_eq(text, "true false", "both are kept, the later counts");
}

/* What another run and a load, or its withdrawal, would do meanwhile; their sessions do not wait here. */
typedef struct Beside {
    Db *linker, *owner;
    GovernancePermit *permit;
    bool ran, loaded;
} Beside;

static Result run_and_load_meanwhile(void *context, int64_t load_id, int key_version, Text header,
                                     Error *error)
{
    Beside *beside = context;
    LinkageReport report;
    Error refusal = {0};

    beside->ran = linkage_run(beside->linker, &bench_opener, beside->permit, &report, &refusal).ok;
    beside->loaded = db_script(beside->owner, "bench", "UPDATE ingest.load SET sender = sender", &refusal).ok;
    return bench_add_load(NULL, load_id, key_version, header, error);
}

/* Switch: the lock of ingest.load in linkage.run_begin; without that of linkage.run it is decided meanwhile,
 * above. */
Test(decide, no_other_run_begins_and_no_load_comes_or_goes_while_one_goes_on)
{
    SCOPED(bench_close) Bench bench = alike_open();
    SCOPED(db_close) Db *linker = support_connect("cinque_linker");
    SCOPED(governance_permit_close)
    GovernancePermit *first = bench_permit(&bench, GOVERNANCE_LINK, "link"),
                     *second = bench_permit(&bench, GOVERNANCE_LINK, "link");
    Beside beside = {.linker = linker, .owner = bench.owner, .permit = second, .ran = true, .loaded = true};
    const LinkageOpener opener = {
        .add_load = run_and_load_meanwhile, .open = bench_open_sealed, .context = &beside};
    LinkageReport report;
    Error error = {0};
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    bench_run(linker, "SET lock_timeout = '20ms'");
    bench_run(bench.owner, "SET lock_timeout = '20ms'");

    cr_assert(linkage_run(bench.linker, &opener, first, &report, &error).ok, "%s", error.message);

    cr_expect(!beside.ran);
    cr_expect(!beside.loaded);
    cr_expect_str_eq(bench_people(&bench, text), "1,2");
    cr_expect(linkage_run(linker, &bench_opener, second, &report, &error).ok, "%s", error.message);
}

Test(decide, a_permit_for_one_decision_makes_no_other)
{
    SCOPED(bench_close) Bench bench = alike_suspect();
    Error error = {0};
    bench_link(&bench);
    SCOPED(governance_permit_close)
    GovernancePermit *permit = bench_permit(&bench, GOVERNANCE_LINK_DECIDE, "1 apart");

    Result result = linkage_decide(bench.linker, permit, 1, true, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(bench_text(&bench, "SELECT count(*)::text FROM linkage.decision", text), "0");
}

Test(decide, an_explanation_says_how_fields_agree)
{
    SCOPED(bench_close) Bench bench = alike_open();
    SCOPED(table_close) Table *table = NULL;
    SCOPED(governance_permit_close)
    GovernancePermit *permit = bench_permit(&bench, GOVERNANCE_LINK_EXPLAIN, "2");
    Error error = {0};
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", {11, 12, 13, 14, 15, 0}, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    bench_link(&bench);

    cr_assert(linkage_explain(bench.linker, permit, 2, &table, &error).ok, "%s", error.message);

    const char *said = support_csv(table);
    cr_expect_not_null(strstr(said, "is,2,1,all equal,1,4,"), "%s", said);
    cr_expect_not_null(
        strstr(said, "given name equal; family name equal; birth date equal; sex equal; postcode equal"),
        "%s", said);
    cr_expect_null(strstr(said, "address"), "what one of them lacks is no evidence");
}
