/* What does not open, and what opens again. */
#include "tests/linkage/alike.h"

static char text[BENCH_TEXT_BYTES], other[BENCH_TEXT_BYTES];

/* Go red where alike_open says that it opened all the same. */
static void expect_refused(const char *change, const char *message)
{
    SCOPED(bench_close) Bench bench = alike_open();
    LinkageReport report = {0};
    Error error = {0};
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    bench_run(bench.owner, change);

    cr_expect_not(bench_try_link(&bench, &report, &error).ok, "%s", change);

    cr_expect_str_eq(error.message, message);
    cr_expect_str_eq(bench_text(&bench, "SELECT count(*)::text FROM linkage.run", other), "0",
                     "nothing is changed");
}

Test(alike_opened, a_head_in_anothers_place_is_refused)
{
    expect_refused("UPDATE subjects.encoding AS e SET head = f.head FROM subjects.encoding AS f"
                   " WHERE (e.subject_id, f.subject_id) IN ((1, 2), (2, 1))",
                   "load 1: an encoding in another's place");
}

Test(alike_opened, filters_in_anothers_place_are_refused)
{
    expect_refused(
        "UPDATE subjects.encoding_filter AS e SET filters = f.filters FROM subjects.encoding_filter AS f"
        " WHERE (e.subject_id, f.subject_id) IN ((1, 2), (2, 1))",
        "load 1: an encoding in another's place");
}

Test(alike_opened, encodings_of_another_load_are_refused)
{
    expect_refused(
        "INSERT INTO subjects.encoding_seal SELECT 2, key_version, header FROM subjects.encoding_seal;"
        "UPDATE subjects.encoding SET load_id = 2 WHERE subject_id = 1",
        "load 2: an encoding in another's place");
}

Test(alike_opened, encodings_under_a_key_that_is_gone_are_refused)
{
    expect_refused("UPDATE subjects.encoding_seal SET key_version = 2", "load 1: no key of version 2");
}

/* Switch: load_id in linkage.encoded's is_new. */
Test(alike_opened, whose_encoding_was_deleted_and_came_again_is_compared_again)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    bench_link(&bench);
    bench_run(bench.owner, "DELETE FROM subjects.encoding; DELETE FROM subjects.encoding_filter");
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1|2");

    bench_run(
        bench.owner,
        "INSERT INTO subjects.encoding_seal SELECT 2, key_version, header FROM subjects.encoding_seal;"
        "INSERT INTO subjects.encoding SELECT 1, s.source_id, 2, bench.seal(2, 1, 0, bench.opened(e.head))"
        "  FROM subjects.encoding AS e, ingest.source AS s WHERE s.name = 'list' AND e.subject_id = 2;"
        "INSERT INTO subjects.encoding_filter SELECT 1, bench.seal(2, 1, 1, bench.opened(filters))"
        "  FROM subjects.encoding_filter WHERE subject_id = 2");
    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2");
}
