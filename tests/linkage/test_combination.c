#include "tests/linkage/alike.h"

static char text[BENCH_TEXT_BYTES], other[BENCH_TEXT_BYTES];

/* Anne, who moved within her area: in the register at her old address. Four fields agree and two differ,
 * which weighs about 2: likely, and too little for the band that links. */
static const Alike registered = {1, "list", "A", {11, 12, 13, 14, 15, 16}, {0, 102, 109, 113}};
static const Alike moved = {2, "care", NULL, {11, 12, 13, 14, 95, 96}, {0, 102, 109, 113}};

static Bench open_moved(void)
{
    Bench bench = alike_open();

    alike_allow(&bench);
    alike_add(&bench, &registered);
    return bench;
}

static const char *link_of_2(Bench *bench, char out[BENCH_TEXT_BYTES])
{
    return bench_text(bench,
                      "SELECT concat_ws(' ', pass, other_subject, round(weight), levels >> 48)"
                      " FROM linkage.link WHERE subject_id = 2",
                      out);
}

/* Switch: combination_of in copy_pair; without it the pair waits for a decision. */
Test(combination, who_shares_one_needs_no_weight_in_the_band_that_links)
{
    SCOPED(bench_close) Bench bench = open_moved();
    alike_add(&bench, &moved);

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2");
    cr_expect_str_eq(link_of_2(&bench, text), "8 1 2 3", "%s", text);
    cr_expect_eq(report.alike, 1);
    cr_expect_eq(report.clerical, 0);
}

/* Switch: share_all, where one shared token is enough. */
Test(combination, one_of_its_tokens_alone_is_none)
{
    SCOPED(bench_close) Bench bench = open_moved();
    Alike elsewhere = moved;
    elsewhere.tokens[3] = 114;
    alike_add(&bench, &elsewhere);

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2");
    cr_expect_eq(report.clerical, 1);
}

/* Switch: WEIGHT_CLERICAL in is_enough. Two common values weigh less than even odds. */
Test(combination, who_shares_one_and_is_likelier_two_people_is_not_linked)
{
    SCOPED(bench_close) Bench bench = alike_open();
    const uint64_t common = UINT64_C(1) << ALIKE_CLASS;
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", {0, 12 | common, 13 | common}, {0, 102, 109, 113}});
    alike_add(&bench, &(Alike){2, "care", NULL, {0, 12 | common, 13 | common}, {0, 102, 109, 113}});

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2");
    cr_expect_eq(report.conflicts, 0);
    bench_text(&bench, "SELECT concat_ws(' ', round(weight), levels >> 48) FROM linkage.pair", other);
    cr_expect_str_eq(other, "-1 3");
}

/* Switch: tear_units. */
Test(combination, who_shares_one_with_two_numbers_is_neither_and_is_listed)
{
    SCOPED(bench_close) Bench bench = open_moved();
    alike_add(&bench, &(Alike){3, "list", "B", {11, 12, 13, 14, 85, 86}, {0, 102, 109, 113}});
    alike_add(&bench, &moved);

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2|3");
    cr_expect_eq(report.conflicts, 2);
}

/* Switch: is_rival. */
Test(combination, a_twin_who_shares_one_takes_nobody_from_the_likelier)
{
    SCOPED(bench_close) Bench bench = open_moved();
    alike_add(&bench, &(Alike){3, "list", "B", {11, 12, 13, 14, 95, 96}, {0, 102, 109, 113}});
    alike_add(&bench, &moved);

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2,3");
    cr_expect_str_eq(link_of_2(&bench, text), "6 3 27 3", "%s", text);
    bench_text(&bench, "SELECT string_agg(concat(subject_a, subject_b, reason), ';') FROM linkage.conflict",
               other);
    cr_expect_str_eq(other, "12apart from the others");
}

/* Switch: may_meet in linkage/block.c. */
Test(combination, a_pair_of_sources_that_no_rule_names_has_none)
{
    SCOPED(bench_close) Bench bench = alike_open();
    bench_run(bench.owner, "SELECT bench.allow('care'), bench.allow('list', 'death')");
    alike_add(&bench, &registered);
    alike_add(&bench, &moved);

    LinkageReport report = bench_link(&bench);

    cr_expect_eq(report.compared, 0);
    cr_expect_str_eq(bench_people(&bench, text), "1|2");
}

static void say(Bench *bench, const char *combinations)
{
    char sql[BENCH_TEXT_BYTES];

    (void)snprintf(sql, sizeof sql,
                   "UPDATE governance.linkage SET combinations = '%s' WHERE source_a <> source_b",
                   combinations);
    bench_run(bench->owner, sql);
}

/* Switch: may_link in combination_of. */
Test(combination, one_that_the_rule_of_two_sources_leaves_out_links_nobody)
{
    SCOPED(bench_close) Bench bench = open_moved();
    say(&bench, "postcode, address");
    alike_add(&bench, &moved);

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2");
    cr_expect_eq(report.clerical, 1);
    bench_text(&bench, "SELECT (levels >> 48)::text FROM linkage.pair", other);
    cr_expect_str_eq(other, "0");
}

/* Switch: h.combinations in linkage.comparisons_forget, and c.combinations in linkage.rules_print. */
Test(combination, who_shares_one_is_linked_or_parted_when_the_rule_changes)
{
    SCOPED(bench_close) Bench bench = open_moved();
    say(&bench, "none");
    alike_add(&bench, &moved);
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1|2");

    say(&bench, "area");
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1,2");
    cr_expect_str_eq(link_of_2(&bench, text), "8 1 2 3", "%s", text);
    say(&bench, "address");
    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2");
}

/* As where rules are put in force between two statements of a run, which may still compare by the old ones.
 * Switches: rule_now in linkage.comparisons_forget; that run_begin asks rules_print before. */
Test(combination, a_rule_that_changed_during_a_run_counts_in_the_next)
{
    SCOPED(bench_close) Bench bench = open_moved();
    say(&bench, "none");
    alike_add(&bench, &moved);
    bench_link(&bench);
    bench_run(bench.owner,
              "CREATE FUNCTION bench.apply() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
              " UPDATE governance.linkage SET combinations = 'area'; RETURN NULL; END $$;"
              "CREATE TRIGGER apply BEFORE DELETE ON linkage.compared_rule EXECUTE FUNCTION bench.apply();"
              "DELETE FROM linkage.basis");
    bench_link(&bench);
    bench_run(bench.owner, "DROP TRIGGER apply ON linkage.compared_rule");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2");
}

Test(combination, undo_takes_its_link_back)
{
    SCOPED(bench_close) Bench bench = open_moved();
    bench_link(&bench);
    bench_state(&bench, text);
    alike_add(&bench, &moved);
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, other), "1,2");

    bench_undo(&bench, 2);

    cr_expect_str_eq(bench_state(&bench, other), text);
}

Test(combination, an_explanation_names_it)
{
    SCOPED(bench_close) Bench bench = open_moved();
    alike_add(&bench, &moved);
    bench_link(&bench);

    bench_text(&bench,
               "SELECT concat_ws(': ', linkage.pass_name(pass), linkage.agreement(levels)) FROM linkage.link"
               " WHERE subject_id = 2",
               text);

    cr_expect_str_eq(text,
                     "keyed combination: given name equal; family name equal; birth date equal; sex equal; "
                     "postcode differs; address differs; keyed: names' sounds, birth date and postcode area",
                     "%s", text);
}
