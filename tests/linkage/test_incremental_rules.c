/*
 * Rules that are put in force and taken back: between two runs, while one goes on, or by the day. What was
 * made under them must not outlast them, and what a run did under others has to be done again.
 */
#include "tests/linkage/history_alike.h"

static char text[BENCH_TEXT_BYTES], other[BENCH_TEXT_BYTES];
static const char why_whole[] =
    "SELECT coalesce(whole_because, 'what changed') FROM linkage.run ORDER BY run_id DESC LIMIT 1";

static const Alike registered = {1, "list", "A", {11, 12, 13, 14, 15, 16}, {101}};
static const Alike likewise = {2, "care", NULL, {11, 12, 13, 14, 15, 16}, {101}};

static History open_registered(void)
{
    History history = history_open_alike(1, 0);

    history_come(&history, &registered, 1);
    return history;
}

static const char rule_ends[] = "UPDATE governance.linkage SET ended_on = governance.today()"
                                " WHERE (source_a, source_b) = ('care', 'list')";

/* What happens in a run once it has written to this table: to linkage.basis what it goes by. */
static void during_a_run(Bench *bench, const char *table, const char *sql)
{
    char trigger[BENCH_TEXT_BYTES];

    snprintf(trigger, sizeof trigger,
             "CREATE FUNCTION bench.happen() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
             " %s; RETURN NULL; END $$;"
             "CREATE TRIGGER happen AFTER INSERT ON %s EXECUTE FUNCTION bench.happen()",
             sql, table);
    bench_run(bench->owner, trigger);
    bench_link(bench);
    bench_run(bench->owner, "DROP FUNCTION bench.happen() CASCADE");
}

/* Which people there are, of a run by what changed and of one over everything. */
static void expect_people(History *history, const char *people)
{
    bench_link(&history->narrow);
    bench_link(&history->whole);
    cr_expect_str_eq(bench_people(&history->narrow, text), people);
    cr_expect_str_eq(bench_people(&history->whole, text), people);
    cr_expect_str_eq(bench_text(&history->narrow,
                                "SELECT whole_because FROM linkage.run ORDER BY run_id DESC LIMIT 1", text),
                     "a source or a rule changed");
}

/* Switch: l.xmin in rules_print; without it who came meanwhile is compared with nobody, then or ever. */
Test(incremental, a_rule_that_ended_while_a_run_went_on_and_was_taken_up_again_is_noticed)
{
    SCOPED(history_close) History history = open_registered();
    bench_link(&history.narrow);
    history_come(&history, &likewise, 1);

    during_a_run(&history.narrow, "linkage.basis",
                 "UPDATE governance.linkage SET ended_on = governance.today()");
    cr_assert_str_eq(bench_people(&history.narrow, text), "1");
    bench_run(history.narrow.owner, "UPDATE governance.linkage SET ended_on = NULL");

    expect_people(&history, "1,2");
}

/* Switch: linkage.comparable in run_evidence. */
Test(incremental, a_rule_that_ends_while_a_run_compares_links_nobody)
{
    SCOPED(history_close) History history = open_registered();
    history_come(&history, &likewise, 1);

    during_a_run(&history.narrow, "linkage.pair", rule_ends);

    cr_expect_str_eq(bench_people(&history.narrow, text), "1|2");
}

/* Switch: is_same in run_evidence. What somebody decided ends with the rule as well. */
Test(incremental, a_rule_that_ends_while_a_run_compares_joins_nobody_by_a_decision)
{
    SCOPED(history_close) History history = open_registered();
    history_come(&history, &likewise, 1);
    bench_link(&history.narrow);
    history_tell(&history, "INSERT INTO linkage.decision (subject_a, subject_b, is_same, author, permit_id)"
                           " VALUES (1, 2, true, 'somebody', '')");

    during_a_run(&history.narrow, "linkage.pair", rule_ends);

    cr_expect_str_eq(bench_people(&history.narrow, text), "1|2");
}

/* Switch: basis_doubt. On the 2nd there is no rule. */
Test(incremental, a_day_without_a_rule_that_began_while_a_run_went_on_is_noticed)
{
    SCOPED(history_close) History history = open_registered();
    history_tell(&history,
                 "INSERT INTO governance.linkage SELECT purpose, source_a, source_b, '2026-03-03', valid_to"
                 "  FROM governance.linkage;"
                 "UPDATE governance.linkage SET valid_to = '2026-03-01' WHERE valid_from < '2026-03-03'");
    bench_link(&history.narrow);
    history_come(&history, &likewise, 1);

    during_a_run(&history.narrow, "linkage.basis", "UPDATE records.day SET day = '2026-03-02'");
    cr_assert_str_eq(bench_people(&history.narrow, text), "1");
    history_tell(&history, "UPDATE records.day SET day = '2026-03-03'");

    expect_people(&history, "1,2");
}

/* Load 3 is held back still. Switches: encodings_outlive_rules; of comparisons_forget what it deletes of
 * seals and references. */
Test(incremental, encodings_of_a_rule_of_one_day_go_with_the_next_run)
{
    static const char held[] =
        "SELECT concat_ws('; ', (SELECT string_agg(subject_id::text, ' ') FROM subjects.encoding),"
        " (SELECT string_agg(load_id::text, ' ' ORDER BY load_id) FROM subjects.encoding_seal))";
    static const Alike spell = {3, "spell", NULL, {11, 12, 13, 14, 15, 16}, {101}};
    SCOPED(history_close) History history = open_registered();
    history_tell(&history, "INSERT INTO governance.linkage VALUES"
                           " ('phm', 'list', 'spell', '2026-03-02', '2026-03-02')");
    bench_link(&history.narrow);
    history_tell(&history, "UPDATE records.day SET day = '2026-03-02'");
    history_come(&history, &spell, 1);
    history_tell(&history, "SELECT bench.delivery('spell');"
                           "UPDATE ingest.load SET state = 'held', held_from = NULL WHERE load_id = 3;"
                           "UPDATE records.day SET day = '2026-03-03'");

    expect_people(&history, "1");

    bench_text(&history.narrow, held, text);
    bench_text(&history.whole, held, other);
    cr_expect_str_eq(text, "1; 1 3", "%s", text);
    cr_expect_str_eq(other, text);
    bench_link(&history.narrow);
    bench_text(&history.narrow, why_whole, text);
    cr_expect_str_eq(text, "what changed");
    bench_run(history.narrow.owner, "INSERT INTO subjects.encoding_reference VALUES (1, '');"
                                    "UPDATE governance.linkage SET ended_on = governance.today()");
    bench_link(&history.narrow);
    bench_text(&history.narrow, "SELECT count(*)::text FROM subjects.encoding_reference", text);
    cr_expect_str_eq(text, "0");
}

/* Switches: each side of the last or of encodings_outlive_rules. What was sampled for load 2 is nobody's and
 * stays, with its seal; the encoding of load 2 does not, and the run after goes by what changed. */
Test(incremental, encodings_of_a_rule_of_one_day_go_also_where_their_load_was_sampled)
{
    static const Alike spell = {3, "spell", NULL, {11, 12, 13, 14, 15, 16}, {101}};
    SCOPED(history_close) History history = open_registered();
    history_tell(&history, "INSERT INTO governance.linkage VALUES"
                           " ('phm', 'list', 'spell', '2026-03-02', '2026-03-02')");
    bench_link(&history.narrow);
    history_tell(&history, "UPDATE records.day SET day = '2026-03-02'");
    history_come(&history, &spell, 1);
    bench_run(history.narrow.owner, "DELETE FROM subjects.encoding_reference;"
                                    "INSERT INTO subjects.encoding_reference VALUES (2, '')");
    history_tell(&history, "UPDATE records.day SET day = '2026-03-03'");

    bench_link(&history.narrow);

    bench_text(&history.narrow, "SELECT string_agg(subject_id::text, ' ') FROM subjects.encoding", text);
    cr_expect_str_eq(text, "1");
    bench_link(&history.narrow);
    bench_text(&history.narrow, why_whole, text);
    cr_expect_str_eq(text, "what changed");
}

/* No rule lets spell and list be compared; one of each shares a number that birth speaks against. Switch:
 * that run_evidence takes what is decided whatever the rules say. */
Test(incremental, who_was_decided_to_be_apart_is_also_where_the_two_may_not_be_compared)
{
    static const Alike people[] = {{1, "list", "1", {11, 12, 13, 14, 15, 16}, {11}},
                                   {2, "care", NULL, {11, 12, 13, 14, 15, 16}, {11, 12}},
                                   {3, "spell", "1", {11, 12, 13, 14, 15, 16}, {0, 12}}};
    SCOPED(history_close) History history = history_open_alike(1, 0);
    history_tell(&history, "INSERT INTO governance.linkage VALUES"
                           " ('phm', 'care', 'spell', '2020-01-01', '2090-12-31')");
    for (size_t i = 0; i < sizeof people / sizeof *people; i++)
        history_come(&history, &people[i], 1);
    history_tell(&history,
                 "UPDATE subjects.subject SET birth_year = 1950 + subject_id, birth_month = subject_id");
    cr_assert(history_agrees(&history, text, other), "%s\n%s", text, other);
    cr_assert_str_eq(bench_people(&history.narrow, text), "1,2,3");
    history_tell(&history, "INSERT INTO linkage.decision (subject_a, subject_b, is_same, author, permit_id)"
                           " VALUES (1, 3, false, 'somebody', '')");

    bool agrees = history_agrees(&history, text, other);

    cr_expect(agrees, "%s\n%s", text, other);
    cr_expect_str_eq(bench_people(&history.narrow, text), "1,2|3");
}
