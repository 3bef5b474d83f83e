/* Pseudonyms that somebody else made: linked inside their space, and through their issuer's cross-walk alone.
 */
#include "tests/linkage/workbench.h"

static char text[BENCH_TEXT_BYTES], other[BENCH_TEXT_BYTES];

/*
 * bench.foreign(id, pseudonym): a subject of a feed of pseudonyms. bench.walk(id, load, pseudonym, number,
 * pseudonym of another space): a row of a cross-walk; load 1 is the issuer's delivery, load 2 of somebody
 * else. Pseudonyms of two spaces have two tokens, as pseudonymise makes them, so they are two names here.
 */
static const char foreign_sql[] =
    "SET ROLE cinque_owner;"
    "INSERT INTO ingest.source (name, title, subject_kind, role, update_mode, crosswalk_issuer) VALUES"
    " ('foreign', 'Foreign', 'person', NULL, 'snapshot', NULL),"
    " ('walk', 'Cross-walk', 'person', 'crosswalk', 'snapshot', 'QKS');"
    "INSERT INTO ingest.source_version (source_id, version, spec_hash, spec_text, effective_from)"
    " SELECT source_id, 1, sha256('spec'), 'spec', '2020-01-01' FROM ingest.source WHERE name = 'walk';"
    "INSERT INTO ingest.load (source_id, sender, period, status, spec_version, permit_id, may_replace, state)"
    " SELECT source_id, sender, 240, 'final', 1, sha256(convert_to(sender, 'UTF8')), false, 'published'"
    "   FROM ingest.source, unnest(ARRAY['QKS', 'QJK']) AS sender WHERE name = 'walk' ORDER BY sender DESC;"
    "CREATE TABLE records.walked (subject_id int8, load_id int4, valid_from date, valid_to date);"
    "CREATE VIEW presence.walk AS SELECT * FROM records.walked;"
    "RESET ROLE;"
    "CREATE FUNCTION bench.foreign(id int8, pseudonym text) RETURNS void LANGUAGE sql AS $$"
    "  SELECT bench.person(id, 'foreign', NULL, NULL);"
    "  UPDATE subjects.subject SET foreign_token = bench.token(pseudonym) WHERE subject_id = id $$;"
    "CREATE FUNCTION bench.walk(id int8, load int4, pseudonym text, number text, pseudonym_to text)"
    " RETURNS void LANGUAGE sql AS $$"
    "  SELECT bench.add(id, 'walk', number, NULL, NULL);"
    "  UPDATE subjects.subject SET foreign_token = bench.token(pseudonym),"
    "         foreign_token_to = bench.token(pseudonym_to) WHERE subject_id = id;"
    "  INSERT INTO records.walked VALUES (id, load, NULL, NULL) $$;";

static Bench open_foreign(const char *sql)
{
    Bench bench = bench_open();

    bench_run(bench.owner, foreign_sql);
    bench_run(bench.owner, sql);
    return bench;
}

static const char *passes(Bench *bench)
{
    return bench_text(bench,
                      "SELECT string_agg(concat_ws(' ', subject_id, pass), '; ' ORDER BY subject_id)"
                      " FROM linkage.link",
                      other);
}

/* Switch: subject.foreign_token where linkage.run_people names a component. */
Test(crosswalk, a_pseudonym_is_one_person_inside_its_space)
{
    SCOPED(bench_close)
    Bench bench = open_foreign("SELECT bench.foreign(1, 'P'), bench.foreign(2, 'P'), bench.foreign(3, 'Q'),"
                               " bench.person(4, 'list', 'A', NULL)");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2|3|4");
    cr_expect_str_eq(passes(&bench), "1 4; 2 4; 3 4; 4 1");
    cr_expect_eq(report.within_space, 3);
    cr_expect_eq(report.crosswalked, 0);
}

Test(crosswalk, the_issuers_crosswalk_joins_a_pseudonym_to_a_number)
{
    SCOPED(bench_close)
    Bench bench = open_foreign("SELECT bench.foreign(1, 'P'), bench.person(2, 'list', 'A', NULL),"
                               " bench.person(3, 'list', 'B', NULL), bench.walk(10, 1, 'P', 'A', NULL)");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2|3");
    cr_expect_str_eq(passes(&bench), "1 3; 2 1; 3 1", "a row of a cross-walk is no record of a person");
    cr_expect_eq(report.crosswalked, 1);
    cr_expect_eq(report.subjects, 3);
}

/* Switch: the sender in linkage.crosswalk_pairs. */
Test(crosswalk, a_crosswalk_that_somebody_else_sent_counts_for_nothing)
{
    SCOPED(bench_close)
    Bench bench = open_foreign("SELECT bench.foreign(1, 'P'), bench.person(2, 'list', 'A', NULL),"
                               " bench.walk(10, 2, 'P', 'A', NULL)");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2");
}

Test(crosswalk, a_crosswalk_between_two_spaces_joins_them)
{
    SCOPED(bench_close)
    Bench bench =
        open_foreign("SELECT bench.foreign(1, 'sus P'), bench.foreign(2, 'mh R'), bench.foreign(3, 'mh S'),"
                     " bench.walk(10, 1, 'sus P', NULL, 'mh R')");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2|3");
    cr_expect_str_eq(passes(&bench), "1 5; 2 4; 3 4");
    cr_expect_eq(report.crosswalked, 1);
}

Test(crosswalk, a_walk_through_two_spaces_to_a_superseded_number_ends_at_the_current_one)
{
    SCOPED(bench_close)
    Bench bench =
        open_foreign("SELECT bench.foreign(1, 'sus P'), bench.foreign(2, 'mh R'),"
                     " bench.person(3, 'list', 'new', NULL), bench.merger(20, 'old', 'new'),"
                     " bench.walk(10, 1, 'sus P', NULL, 'mh R'), bench.walk(11, 1, 'mh R', 'old', NULL)");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2,3");
    cr_expect_str_eq(passes(&bench), "1 3; 2 3; 3 1");
}

/* Switch: cardinality(targets) = 1 in linkage.crosswalk_collect. */
Test(crosswalk, a_pseudonym_of_two_numbers_joins_nobody_and_is_counted)
{
    SCOPED(bench_close)
    Bench bench = open_foreign("SELECT bench.foreign(1, 'P'), bench.person(2, 'list', 'A', NULL),"
                               " bench.person(3, 'list', 'B', NULL), bench.walk(10, 1, 'P', 'A', NULL),"
                               " bench.walk(11, 1, 'P', 'B', NULL)");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2|3");
    cr_expect_eq(report.crosswalk_ambiguous, 1);
    cr_expect_eq(report.crosswalked, 0);
}

Test(crosswalk, two_numbers_of_one_merged_person_are_one)
{
    SCOPED(bench_close)
    Bench bench = open_foreign("SELECT bench.foreign(1, 'P'), bench.person(2, 'list', 'A', NULL),"
                               " bench.merger(20, 'B', 'A'), bench.walk(10, 1, 'P', 'A', NULL),"
                               " bench.walk(11, 1, 'P', 'B', NULL)");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2");
    cr_expect_eq(report.crosswalk_ambiguous, 0);
}

Test(crosswalk, a_walk_in_a_circle_ends_and_joins_nobody)
{
    SCOPED(bench_close)
    Bench bench = open_foreign("SELECT bench.foreign(1, 'P'), bench.foreign(2, 'R'),"
                               " bench.walk(10, 1, 'P', NULL, 'R'), bench.walk(11, 1, 'R', NULL, 'P')");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2");
    cr_expect_str_eq(passes(&bench), "1 4; 2 4");
}

Test(crosswalk, a_crosswalk_that_has_ended_counts_for_nothing)
{
    SCOPED(bench_close)
    Bench bench = open_foreign("SELECT bench.foreign(1, 'P'), bench.person(2, 'list', 'A', NULL),"
                               " bench.walk(10, 1, 'P', 'A', NULL);"
                               "UPDATE records.walked SET valid_to = governance.today() - 1");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2");
}

/* Switch: the second half of member in linkage.people_merge. */
Test(crosswalk, a_late_crosswalk_merges_and_an_undo_takes_it_apart)
{
    SCOPED(bench_close)
    Bench bench = open_foreign("SELECT bench.foreign(1, 'P'), bench.person(2, 'list', 'A', NULL)");
    bench_link(&bench);
    cr_assert_str_eq(bench_people(&bench, text), "1|2");
    bench_run(bench.owner, "SELECT bench.walk(10, 1, 'P', 'A', NULL), bench.foreign(3, 'P')");

    LinkageReport report = bench_link(&bench);

    cr_expect_eq(report.people_merged, 1);
    cr_expect_str_eq(bench_people(&bench, text), "1,2,3");
    bench_undo(&bench, 2);
    cr_expect_str_eq(bench_people(&bench, text), "1|2");
}

/* Switch: linkage.strays_move in linkage.run_crosswalk. */
Test(crosswalk, a_corrected_walk_moves_its_pseudonym_and_merges_no_two_numbers)
{
    SCOPED(bench_close)
    Bench bench = open_foreign("SELECT bench.foreign(1, 'P'), bench.person(2, 'list', 'A', NULL),"
                               " bench.person(3, 'list', 'B', NULL), bench.walk(10, 1, 'P', 'A', NULL)");
    bench_link(&bench);
    cr_assert_str_eq(bench_people(&bench, text), "1,2|3");
    bench_run(bench.owner, "UPDATE records.walked SET valid_to = governance.today() - 1;"
                           "SELECT bench.walk(11, 1, 'P', 'B', NULL)");

    LinkageReport report = bench_link(&bench);

    cr_expect_eq(report.people_merged, 0);
    cr_expect_str_eq(bench_people(&bench, text), "1,3|2");
    bench_undo(&bench, 2);
    cr_expect_str_eq(bench_people(&bench, text), "1,2|3");
    cr_expect_str_eq(passes(&bench), "1 3; 2 1; 3 1");
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1,3|2", "the correction counts again after the undo");
}

/* Switch: the one end that stays in linkage.strays_move. */
Test(crosswalk, pseudonyms_of_one_person_whose_walks_part_are_two)
{
    SCOPED(bench_close)
    Bench bench = open_foreign("SELECT bench.foreign(1, 'P'), bench.foreign(2, 'R'),"
                               " bench.walk(10, 1, 'P', NULL, 'R')");
    bench_link(&bench);
    cr_assert_str_eq(bench_people(&bench, text), "1,2");
    bench_run(bench.owner, "UPDATE records.walked SET valid_to = governance.today() - 1;"
                           "SELECT bench.walk(11, 1, 'P', 'A', NULL), bench.walk(12, 1, 'R', 'B', NULL),"
                           " bench.person(6, 'list', 'A', NULL), bench.person(7, 'list', 'B', NULL)");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,6|2,7");
}

/* Switch: walk.target IS NULL in linkage.strays_move. */
Test(crosswalk, a_pseudonym_that_is_mapped_to_two_numbers_later_leaves_the_first)
{
    SCOPED(bench_close)
    Bench bench = open_foreign("SELECT bench.foreign(1, 'P'), bench.person(2, 'list', 'A', NULL),"
                               " bench.person(3, 'list', 'B', NULL), bench.walk(10, 1, 'P', 'A', NULL)");
    bench_link(&bench);
    bench_run(bench.owner, "SELECT bench.walk(11, 1, 'P', 'B', NULL)");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2|3");
    cr_expect_str_eq(passes(&bench), "1 4; 2 1; 3 1");
}
