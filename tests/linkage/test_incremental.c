/*
 * A run that goes by what changed against one that looks at everything, on random histories: after each step
 * both hold the same links, ids of people, households, residences and counts. CINQUE_DIFFERENTIAL says how
 * many steps (16 a history), CINQUE_SEED from where.
 */
#include "tests/linkage/history.h"

enum { STEPS = 16 };

static char narrow[BENCH_TEXT_BYTES], whole[BENCH_TEXT_BYTES];

static void follow(uint64_t seed, unsigned events, int64_t narrow_least)
{
    SCOPED(history_close) History history = history_open(seed, events);
    uint64_t steps = history_setting("CINQUE_DIFFERENTIAL", STEPS);

    for (uint64_t step = 1; step <= steps; step++) {
        history_go_on(&history);

        bool agrees = history_agrees(&history, narrow, whole);

        cr_assert(agrees, "CINQUE_SEED=%" PRIu64 " step %" PRIu64 "\nwhat changed:\n%s\neverything:\n%s",
                  seed, step, narrow, whole);
    }
    cr_expect_geq(history.narrow_runs * 100, narrow_least * history.runs,
                  "too few runs went by what changed");
}

static const unsigned deliveries = 1U << HISTORY_LIST | 1U << HISTORY_CHANGES | 1U << HISTORY_SPELLS |
                                   1U << HISTORY_HOMES_OF | 1U << HISTORY_MERGERS | 1U << HISTORY_WITHDRAW |
                                   1U << HISTORY_DAY;

/* Switches, each of which turns these red when it leaves its kind of change out: subjects_of,
 * mergers_stand (loads, and the day), stays_compare, the arms of residents_changed; with another seed
 * mergers_compare. */
Test(incremental, by_numbers_holds_what_a_run_over_everything_does)
{
    follow(history_setting("CINQUE_SEED", 13), deliveries, 80);
}

Test(incremental, when_mergers_come_and_go_holds_what_a_run_over_everything_does)
{
    follow(history_setting("CINQUE_SEED", 8), deliveries, 80);
}

/* Switch: the state of the run before, in whole_reason. */
Test(incremental, after_undoing_holds_what_a_run_over_everything_does)
{
    follow(history_setting("CINQUE_SEED", 2), deliveries | 1U << HISTORY_UNDO, 40);
}

/* Switches: checked_collect, rules_print, people_left. */
Test(incremental, with_doubted_numbers_holds_what_a_run_over_everything_does)
{
    follow(history_setting("CINQUE_SEED", 13), deliveries | 1U << HISTORY_RULE | 1U << HISTORY_DECIDE, 25);
}

/* Switch: numbers_are_whole. */
Test(incremental, with_cross_walks_holds_what_a_run_over_everything_does)
{
    follow(history_setting("CINQUE_SEED", 7), deliveries | 1U << HISTORY_FOREIGN | 1U << HISTORY_WALK, 60);
}

/* A is held without a token of the address; a later load that names A brings it, and B's UPRN is known of it.
 * Switch: basis_forget in ingest.subjects_compare, without which A is at home in the run over everything
 * alone. */
Test(incremental, an_address_that_comes_later_places_who_was_held_without)
{
    SCOPED(history_close) History history = history_open(1, 0);
    history_tell(&history,
                 "SELECT bench.load('list', 'sender0', 240);"
                 "SELECT bench.row('list', 'A', NULL, NULL, NULL, NULL, NULL, NULL, 'add', NULL);"
                 "SELECT bench.row('list', 'B', NULL, 'home', NULL, NULL, NULL, NULL, 'add', NULL);"
                 "UPDATE subjects.subject SET address_token = CASE WHEN nhs_token = bench.token('B') THEN"
                 " bench.token('street') END");
    cr_assert(history_agrees(&history, narrow, whole), "%s\n%s", narrow, whole);
    history_tell(&history, "CREATE TABLE staging.subject_2 AS TABLE subjects.subject;"
                           "UPDATE staging.subject_2 SET address_token = bench.token('street');"
                           "ALTER TABLE staging.subject_2 OWNER TO cinque_owner;"
                           "SELECT ingest.subjects_keep(source_id, 2) FROM ingest.source"
                           " WHERE name = 'list' AND ingest.subjects_enter(source_id, 2)");

    bool agrees = history_agrees(&history, narrow, whole);

    cr_expect(agrees, "%s\n%s", narrow, whole);
    bench_text(&history.narrow, "SELECT count(*)::text FROM linkage.subject_household", narrow);
    cr_expect_str_eq(narrow, "2");
}

static History three_people(void)
{
    History history = history_open(1, 0);

    history_tell(&history, "SELECT bench.load('list', 'sender0', 240);"
                           "SELECT bench.row('list', name, NULL, 'home', NULL, NULL, NULL, NULL, 'add', NULL)"
                           "  FROM unnest('{A,B,C}'::text[]) AS name");
    bench_link(&history.narrow);
    return history;
}

static const char *why_whole(History *history)
{
    return bench_text(
        &history->narrow,
        "SELECT coalesce(whole_because, 'what changed') FROM linkage.run ORDER BY run_id DESC LIMIT 1",
        narrow);
}

Test(incremental, the_first_run_looks_at_everything_and_the_next_at_what_changed)
{
    SCOPED(history_close) History history = three_people();

    cr_expect_str_eq(why_whole(&history), "no run before it stands");
    bench_link(&history.narrow);
    cr_expect_str_eq(why_whole(&history), "what changed");
}

Test(incremental, a_run_after_one_that_was_taken_back_looks_at_everything)
{
    SCOPED(history_close) History history = three_people();
    LinkageReport second = bench_link(&history.narrow);
    bench_undo(&history.narrow, second.run_id);

    bench_link(&history.narrow);

    cr_expect_str_eq(why_whole(&history), "no run before it stands");
}

Test(incremental, a_source_that_changed_is_looked_at_whole)
{
    SCOPED(history_close) History history = three_people();
    bench_run(history.narrow.owner, "UPDATE ingest.source SET once_a_delivery = true WHERE name = 'spell'");

    bench_link(&history.narrow);

    cr_expect_str_eq(why_whole(&history), "a source or a rule changed");
}

/* As where rules are put in force after a run has asked. Switch: that run_begin asks rules_print once. */
Test(incremental, a_rule_that_changed_while_a_run_began_is_looked_at_whole)
{
    SCOPED(history_close) History history = three_people();
    bench_run(history.narrow.owner,
              "CREATE SEQUENCE bench.asked; GRANT USAGE ON SCHEMA bench TO cinque_owner;"
              "GRANT USAGE ON SEQUENCE bench.asked TO cinque_owner;"
              "UPDATE linkage.basis SET rules = 'one';"
              "CREATE OR REPLACE FUNCTION linkage.rules_print() RETURNS bytea LANGUAGE sql AS"
              " $$ SELECT CASE nextval('bench.asked') WHEN 1 THEN 'one'::bytea ELSE 'two' END $$");
    bench_link(&history.narrow);
    cr_expect_str_eq(why_whole(&history), "what changed");

    bench_link(&history.narrow);

    cr_expect_str_eq(why_whole(&history), "a source or a rule changed");
}

Test(incremental, after_much_has_come_everything_is_looked_at)
{
    SCOPED(history_close) History history = three_people();
    bench_run(history.narrow.owner, "SELECT bench.load('spell', 'sender0', 240);"
                                    "UPDATE ingest.load SET subjects_new = 1 WHERE load_id = 2");

    bench_link(&history.narrow);

    cr_expect_str_eq(why_whole(&history), "much is new");
}

/* A subject of load 2 on the first page and one behind many of load 1; it says that so many came, from the
 * second page on. */
#define COLLECT(came)                                                                                        \
    "INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version, nhs_state)"    \
    "  SELECT i, 1, decode('00112233445566778899aabbccddeeff', 'hex'), CASE WHEN i IN (1, 500) THEN 2"       \
    "         ELSE 1 END, 1, 0 FROM generate_series(1, 500) AS i;"                                           \
    "UPDATE ingest.load SET subjects_page = 1, subjects_new = " #came " WHERE load_id = 2;"                  \
    "CREATE TEMPORARY TABLE run_load AS SELECT load_id, source_id, load_id = 2 AS is_new FROM ingest.load;"  \
    "CREATE TEMPORARY TABLE run_subject (subject_id int8, source_id int2, key_version int2, nhs_token"       \
    "       bytea, foreign_token bytea, uprn_token bytea, address_token bytea);"                             \
    "SELECT linkage.subjects_collect();"                                                                     \
    "CREATE TABLE bench.collected AS SELECT subject_id FROM run_subject"

static const char *collected(const char *collect)
{
    SCOPED(history_close) History history = three_people();

    bench_run(history.narrow.owner, "SELECT bench.load('spell', 'sender0', 240)");
    bench_run(history.narrow.owner, collect);
    return bench_text(&history.narrow, "SELECT string_agg(subject_id::text, ' ') FROM bench.collected",
                      narrow);
}

/* Switch: the second look in subjects_collect. A row that is updated, and one that fills a gap, stand in
 * front of where their load began. */
Test(incremental, a_subject_that_has_moved_to_the_front_is_found)
{
    cr_expect_str_eq(collected(COLLECT(2)), "1 500");
}

/* Switch: the page in subjects_of. All else is older, and may be much. */
Test(incremental, new_subjects_are_looked_for_where_their_loads_began)
{
    cr_expect_str_eq(collected(COLLECT(1)), "500");
}

/* Switch: linkage.households_rekey. */
Test(incremental, re_keying_leaves_no_token_of_the_old_key_behind)
{
    SCOPED(history_close) History history = three_people();

    bench_run(history.narrow.owner, "SELECT linkage.households_rekey()");

    cr_expect_str_eq(bench_text(&history.narrow, "SELECT count(*)::text FROM linkage.number_subject", narrow),
                     "0");
    bench_link(&history.narrow);
    cr_expect_str_eq(why_whole(&history), "no run before it stands");
    cr_expect_str_eq(bench_text(&history.narrow, "SELECT count(*)::text FROM linkage.number_subject", narrow),
                     "3");
}

/* Switch: tokens_meet. */
Test(incremental, new_subjects_under_another_key_version_are_refused)
{
    SCOPED(history_close) History history = three_people();
    LinkageReport report = {0};
    Error error = {0};
    bench_run(history.narrow.owner,
              "SELECT bench.load('spell', 'sender0', 240);"
              "SELECT bench.row('spell', 'D', NULL, NULL, NULL, NULL, NULL, NULL, 'add', NULL);"
              "UPDATE subjects.subject SET key_version = 2 WHERE first_load_id = 2");

    Result result = bench_try_link(&history.narrow, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
}
