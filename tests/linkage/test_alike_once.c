/* Each person once a delivery. */
#include "tests/linkage/alike.h"

static char text[BENCH_TEXT_BYTES], other[BENCH_TEXT_BYTES];

/* Subjects below 10 come by one delivery, the others by another. */
static Bench open_once(bool is_once)
{
    Bench bench = alike_open();

    alike_allow(&bench);
    bench_run(bench.owner,
              "SET ROLE cinque_owner;"
              "CREATE VIEW presence.care AS SELECT subject_id, CASE WHEN subject_id < 10 THEN 1 ELSE 2"
              " END AS load_id, valid_from, valid_to FROM records.bench WHERE source = 'care';"
              "RESET ROLE");
    if (is_once)
        bench_run(bench.owner, "UPDATE ingest.source SET once_a_delivery = true WHERE name = 'care'");
    return bench;
}

static const char *conflicts(Bench *bench, char out[BENCH_TEXT_BYTES])
{
    return bench_text(bench,
                      "SELECT coalesce(string_agg(concat_ws(' ', subject_a, subject_b, reason), '; '"
                      " ORDER BY subject_a, subject_b), '') FROM linkage.conflict",
                      out);
}

Test(alike_once, two_of_a_source_that_names_nobody_once_may_be_one_person)
{
    SCOPED(bench_close) Bench bench = open_once(false);
    alike_add(&bench, &(Alike){1, "care", NULL, ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2");
}

/* Switch: tree_lists_share in may_join. */
Test(alike_once, two_of_one_delivery_that_names_each_once_are_two_people)
{
    SCOPED(bench_close) Bench bench = open_once(true);
    alike_add(&bench, &(Alike){1, "care", NULL, ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2");
    cr_expect_str_eq(conflicts(&bench, other), "1 2 one delivery");
    cr_expect_eq(report.conflicts, 1);
}

Test(alike_once, two_of_two_deliveries_may_be_one_person_though_each_names_everybody_once)
{
    SCOPED(bench_close) Bench bench = open_once(true);
    alike_add(&bench, &(Alike){1, "care", NULL, ANNE, TOKENS});
    alike_add(&bench, &(Alike){11, "care", NULL, ANNE, TOKENS});

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,11");
}

/* Subject 2 agrees in all, subject 3 in all but the address. */
Test(alike_once, of_two_of_one_delivery_the_likelier_is_linked)
{
    SCOPED(bench_close) Bench bench = open_once(true);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    alike_add(&bench, &(Alike){3, "care", NULL, {11, 12, 13, 14, 15, 99}, TOKENS});

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2|3");
    cr_expect_str_eq(conflicts(&bench, other), "1 3 apart from the others; 2 3 one delivery");
}

/* Switch: people whom numbers place in linkage.once_rows. */
Test(alike_once, whom_a_number_places_counts_with_all_their_subjects)
{
    SCOPED(bench_close) Bench bench = open_once(true);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", "A", BERT, {201, 202}});
    alike_add(&bench, &(Alike){3, "care", NULL, ANNE, TOKENS});

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2|3");
    cr_expect_str_eq(conflicts(&bench, other), "1 3 one delivery");
}
