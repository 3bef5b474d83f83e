#include "tests/linkage/alike.h"

static char text[BENCH_TEXT_BYTES], other[BENCH_TEXT_BYTES];

static const char *links(Bench *bench, char out[BENCH_TEXT_BYTES])
{
    return bench_text(bench,
                      "SELECT coalesce(string_agg(concat_ws(' ', subject_id, pass, run_id, rule_version,"
                      " other_subject, round(weight), levels), '; ' ORDER BY subject_id), '')"
                      " FROM linkage.link",
                      out);
}

Test(alike, who_has_no_number_is_linked_to_who_is_alike)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    alike_add(&bench, &(Alike){3, "care", NULL, BERT, {201, 202}});

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2|3");
    cr_expect_str_eq(links(&bench, text), "1 1 1 4; 2 6 1 4 1 27 6710886; 3 10 1 4",
                     "pass, run, rule version, with whom, weight, levels: %s", text);
    cr_expect_eq(report.alike, 1);
    cr_expect_eq(report.alone, 1);
    cr_expect_eq(report.compared, 1);
}

/* Switch: may_meet in linkage/block.c; where it always says yes this turns red. */
Test(alike, a_pair_of_sources_that_no_rule_names_is_never_compared)
{
    SCOPED(bench_close) Bench bench = alike_open();
    bench_run(bench.owner, "SELECT bench.allow('care'), bench.allow('list', 'death')");
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});

    LinkageReport report = bench_link(&bench);

    cr_expect_eq(report.compared, 0);
    cr_expect_str_eq(bench_text(&bench, "SELECT count(*)::text FROM linkage.pair", other), "0");
    cr_expect_str_eq(bench_people(&bench, text), "1|2");
}

Test(alike, nobody_is_compared_where_there_is_no_rule)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});

    LinkageReport report = bench_link(&bench);

    cr_expect_eq(report.compared, 0);
    cr_expect_str_eq(bench_people(&bench, text), "1");
    cr_expect_str_eq(bench_text(&bench, "SELECT count(*)::text FROM subjects.encoding", other), "0",
                     "encodings that nobody may use are deleted");
}

Test(alike, two_whom_numbers_place_are_never_compared)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", "B", ANNE, TOKENS});

    LinkageReport report = bench_link(&bench);

    cr_expect_eq(report.compared, 0);
    cr_expect_str_eq(bench_people(&bench, text), "1|2");
}

/* Switch: tear_units. */
Test(alike, who_is_likely_two_people_is_neither_and_is_listed)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "list", "B", ANNE, TOKENS});
    alike_add(&bench, &(Alike){3, "care", NULL, ANNE, TOKENS});

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2|3");
    cr_expect_eq(report.conflicts, 2);
    bench_text(
        &bench,
        "SELECT string_agg(concat(subject_a, subject_b, reason), ';' ORDER BY 1) FROM linkage.conflict",
        text);
    cr_expect_str_eq(text, "13two numbers;23two numbers");
}

/* Switch: HAS_DEATH in the mask of a unit. */
Test(alike, nobody_dies_twice)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "death", NULL, ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "death", NULL, ANNE, TOKENS});

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2");
    bench_text(&bench, "SELECT string_agg(reason, ';') FROM linkage.conflict", text);
    cr_expect_str_eq(text, "two deaths");
}

Test(alike, ages_far_apart_are_no_one_person)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    bench_run(bench.owner, "UPDATE subjects.subject SET birth_year = birth_year - 10 WHERE subject_id = 2");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2");
    bench_text(&bench, "SELECT string_agg(reason, ';') FROM linkage.conflict", text);
    cr_expect_str_eq(text, "ages");
}

/* Nobody knows when the third was born. Switch: years in may_join of tree.c. */
Test(alike, ages_far_apart_are_no_one_person_through_somebody_between_either)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "care", NULL, ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    alike_add(&bench, &(Alike){3, "care", NULL, ANNE, TOKENS});
    bench_run(bench.owner, "UPDATE subjects.subject SET birth_year = birth_year - 20 WHERE subject_id = 2;"
                           "UPDATE subjects.subject SET birth_year = NULL WHERE subject_id = 3");

    bench_link(&bench);

    bench_text(&bench,
               "SELECT (a.person_id = b.person_id)::text FROM linkage.link AS a, linkage.link AS b"
               " WHERE a.subject_id = 1 AND b.subject_id = 2",
               text);
    cr_expect_str_eq(text, "false");
}

/* The register's own subject is like nobody, but says when who has its number was born. Switches: alike_known
 * in linkage.run_evidence; note_years in alike_units.c, for what somebody decided. */
Test(alike, ages_far_apart_are_no_one_person_whichever_subject_of_a_number_says_it)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", BERT, {201, 202}});
    alike_add(&bench, &(Alike){2, "care", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){3, "care", NULL, ANNE, TOKENS});
    bench_run(bench.owner, "UPDATE subjects.subject SET birth_year = birth_year - 20 WHERE subject_id = 3;"
                           "UPDATE subjects.subject SET birth_year = NULL WHERE subject_id = 2");

    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1,2|3");
    bench_text(&bench, "SELECT string_agg(reason, ';') FROM linkage.conflict", text);
    cr_expect_str_eq(text, "ages");

    alike_decide(&bench, 1, true);
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1,2,3", "a decision stands above it");
}

/* Switch: the condition on linkage.suspect in run_people. */
Test(alike, a_number_that_birth_speaks_against_is_not_linked_silently)
{
    SCOPED(bench_close) Bench bench = alike_suspect();

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2");
    cr_expect_eq(report.clerical, 1);
}

Test(alike, one_wrong_part_of_the_birth_date_is_borne_where_the_sex_agrees)
{
    SCOPED(bench_close) Bench bench = alike_suspect();
    bench_run(bench.owner, "UPDATE subjects.subject SET birth_month = 1 WHERE subject_id = 2");

    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1,2");

    bench_run(bench.owner, "UPDATE subjects.subject SET sex = '1' WHERE subject_id = 2");
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1|2", "what an earlier run linked is held against it too");
}

Test(alike, a_number_not_believed_is_whom_they_are_alike)
{
    SCOPED(bench_close) Bench bench = alike_suspect();
    alike_add(&bench, &(Alike){3, "list", "B", BERT, {201, 202}});

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2,3");
}

/* Whoever they were found alike with has become somebody else since. Switch: linkage.current_link of the heir
 * in linkage.people_wanted. */
Test(alike, who_is_alone_again_is_not_left_with_a_merged_person)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "B", BERT, {201, 202}});
    alike_add(&bench, &(Alike){2, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){3, "care", NULL, BERT, {201, 202}});
    alike_add(&bench, &(Alike){4, "care", NULL, ANNE, TOKENS});
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1,3|2,4");
    bench_run(bench.owner, "SELECT bench.merger(10, 'A', 'B');"
                           "INSERT INTO linkage.decision (subject_a, subject_b, is_same, author, permit_id)"
                           " VALUES (1, 3, false, 'x', ''), (2, 4, false, 'x', '')");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2|3|4");
}

/* Of three fields the third record agrees with A, of all with B. Switch: `now_a` and `now_b` in
 * linkage.clerical. */
Test(alike, a_pair_of_whom_a_merger_made_one_person_waits_no_more)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "B", {31, 32, 33, 34, 35, 36}, {201, 202}});
    alike_add(&bench, &(Alike){2, "list", "A", {31, 32, 33, 44}, {201}});
    alike_add(&bench, &(Alike){3, "care", NULL, {31, 32, 33, 34, 35, 36}, {201, 202}});
    LinkageReport before = bench_link(&bench);
    bench_run(bench.owner, "SELECT bench.merger(10, 'A', 'B')");

    LinkageReport after = bench_link(&bench);

    cr_expect_eq(before.clerical, 1);
    cr_expect_str_eq(bench_people(&bench, text), "1,2,3");
    cr_expect_eq(after.clerical, 0);
}

Test(alike, everything_is_as_it_was_before_the_run)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    bench_link(&bench);
    bench_state(&bench, text);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, other), "1,2");

    bench_undo(&bench, 2);

    cr_expect_str_eq(bench_state(&bench, other), text);
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, other), "1,2", "and the next run finds it again");
}

Test(alike, what_a_rule_allowed_ends_with_it)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    bench_link(&bench);
    bench_run(bench.owner, "UPDATE governance.linkage SET ended_on = governance.today()");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1");
    bench_text(&bench,
               "SELECT concat_ws(' ', (SELECT count(*) FROM subjects.encoding), (SELECT count(*) FROM "
               "subjects.encoding_filter), (SELECT count(*) FROM linkage.pair))",
               text);
    cr_expect_str_eq(text, "0 0 0");
}
