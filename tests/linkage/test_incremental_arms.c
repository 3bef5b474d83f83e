/*
 * One history in which each arm of what a run by likeness touches (schema/055_alike_changed.sql,
 * compare_keep, run_alike) is needed by a family of its own: switched off, a run by what changed holds
 * something else than a run over everything, or both hold other people than are written out here. Random
 * histories seldom come by.
 */
#include "tests/linkage/history_alike.h"

/* Two who are alike have all values in common, or four of six, which is too little to link without a keyed
 * combination; they meet where they share a token. */
#define ALL(f)                                                                                               \
    {                                                                                                        \
        (f) + 1, (f) + 2, (f) + 3, (f) + 4, (f) + 5, (f) + 6                                                 \
    }
#define FOUR(f)                                                                                              \
    {                                                                                                        \
        (f) + 1, (f) + 2, (f) + 3, (f) + 4, (f) + 7, (f) + 8                                                 \
    }

/*
 * Families by their tens, and the switch. front_move: 1 a keyed combination, 2 placed, 3 current, 4
 * people_behind. seeds_collect: 5 run_link, 6 subjects of moved links, 7 their people, 8 people_now, 9
 * people_behind, 10 merged_run, 11 and 12 decisions. compare_keep: 13 and 14 pairs that are gone, 15 pairs
 * made, 20 whoever was compared; 23 to 25 what stands for a doubt, as long as it is one. alike_new_collect:
 * 16 is_new. run_evidence: 17 once_a_delivery, 11 what is decided, 23 pairs without a weight, 24 pairs of two
 * whom numbers place. pairs_touched: 19 its second arm. run_alike: 10 what is deleted of conflicts, 16 who
 * goes on as whom they are alike. people_wanted: 1 the smallest subject, 26 the oldest person.
 */
enum { AT_ONCE = 40, STEPS = 5 };

static char narrow[BENCH_TEXT_BYTES], whole[BENCH_TEXT_BYTES];

typedef struct Delivery {
    int step;
    Alike people[AT_ONCE];
} Delivery;

static const Delivery deliveries[] = {
    {1,
     {{21, "list", "2", ALL(200), {21}},
      {22, "list", "2", ALL(250), {22}},
      {31, "list", "3", ALL(300), {31}},
      {41, "list", "4", ALL(400), {41, 43}},
      {51, "list", "5", ALL(500), {51}},
      {72, "list", "7", ALL(700), {71}},
      {82, "list", "8", ALL(800), {81}},
      {101, "list", "10", ALL(1000), {101}},
      {102, "list", "10b", ALL(1000), {101}},
      {112, "list", "11", ALL(1100), {111}},
      {123, "list", "12", ALL(1200), {121}},
      {151, "list", "15", ALL(1550), {0, 0, 0, 154}},
      {159, "list", "15", ALL(1500), {151, 152}},
      {163, "list", "16", {0}, {0}},
      {191, "list", "19", ALL(1950), {0, 0, 0, 194}},
      {199, "list", "19", ALL(1900), {191, 192}},
      {231, "list", "23", {0}, {0}},
      {239, "list", "23", ALL(2300), {231, 232}},
      {241, "list", "24", {0}, {0}},
      {243, "list", "24b", ALL(2400), {241}},
      {251, "list", "25", {0}, {0}}}},
    {1,
     {{13, "care", NULL, FOUR(100), {14, 0, 12, 13}},
      {15, "care", NULL, ALL(100), {0, 0, 12, 13}},
      {23, "care", NULL, ALL(200), {21, 23}},
      {24, "care", NULL, ALL(250), {22}},
      {34, "care", NULL, ALL(300), {31}},
      {43, "care", NULL, ALL(400), {41, 0, 44}},
      {62, "care", NULL, ALL(600), {61}},
      {64, "care", "6", {0}, {0}},
      {103, "care", NULL, ALL(1000), {101}},
      {111, "care", NULL, ALL(1100), {111, 112}},
      {113, "care", NULL, FOUR(1100), {0, 112}},
      {121, "care", NULL, FOUR(1200), {0, 122}},
      {122, "care", NULL, ALL(1200), {121, 122}},
      {132, "care", NULL, ALL(1300), {131}},
      {141, "care", NULL, ALL(1400), {141}},
      {152, "care", NULL, ALL(1500), {0, 152, 153}},
      {153, "care", NULL, ALL(1500), {151}},
      {154, "care", NULL, ALL(1500), {0, 0, 153}},
      {162, "care", NULL, ALL(1600), {161}},
      {190, "care", NULL, FOUR(1950), {0, 0, 0, 194}},
      {192, "care", NULL, ALL(1900), {0, 192, 193}},
      {193, "care", NULL, ALL(1900), {191}},
      {194, "care", NULL, ALL(1900), {0, 0, 193}},
      {230, "care", "23", {0}, {0}},
      {261, "care", NULL, ALL(2600), {261}},
      {232, "care", NULL, ALL(2300), {0, 232, 233}},
      {233, "care", NULL, ALL(2300), {231}},
      {234, "care", NULL, ALL(2300), {0, 0, 233}}}},
    {1,
     {{61, "care", "6", ALL(600), {61}},
      {131, "care", NULL, ALL(1300), {131}},
      {142, "care", NULL, ALL(1400), {141}},
      {242, "care", "24", ALL(2400), {241}}}},
    {1,
     {{52, "death", NULL, ALL(500), {51}},
      {71, "death", NULL, ALL(710), {72}},
      {73, "death", NULL, ALL(700), {71}},
      {81, "death", NULL, ALL(800), {81}},
      {91, "death", NULL, ALL(910), {92}},
      {161, "death", NULL, ALL(1600), {161}}}},
    {1,
     {{171, "spell", NULL, ALL(1700), {171}},
      {172, "spell", NULL, ALL(1700), {171}},
      {252, "spell", "25", {0}, {0}}}},
    {1, {{171, "spell", NULL, {0}, {0}}}},
    {1, {{172, "spell", NULL, {0}, {0}}}},
    {2,
     {{32, "list", "3b", ALL(350), {32}},
      {42, "list", "4b", ALL(450), {42}},
      {92, "list", "9b", ALL(900), {91}},
      {198, "list", "19", {0}, {0}}}},
    {2,
     {{14, "care", NULL, FOUR(100), {14}},
      {25, "care", NULL, ALL(200), {0, 23}},
      {33, "care", NULL, ALL(350), {32, 33}},
      {44, "care", NULL, ALL(450), {42}},
      {155, "care", NULL, FOUR(1550), {0, 0, 0, 154}},
      {201, "care", NULL, ALL(2000), {201}},
      {262, "care", NULL, ALL(2600), {0, 262}}}},
    {2,
     {{53, "death", "5", {0}, {0}},
      {83, "death", NULL, ALL(810), {82}},
      {93, "death", NULL, ALL(900), {91}}}},
    {3, {{63, "list", "6", {0}, {0}}}},
    {3,
     {{131, "care", NULL, ALL(1300), {132}},
      {142, "care", NULL, ALL(1400), {142}},
      {263, "care", NULL, ALL(2600), {261, 262}}}},
    {4, {{35, "care", NULL, ALL(350), {0, 33}}, {45, "care", NULL, ALL(400), {0, 0, 44}}}},
};

/* Whose pseudonym is whose number, as its issuer says now. */
#define WALK(...)                                                                                            \
    "SELECT bench.load('walk', 'sender0', 240 + (SELECT count(*) FROM ingest.load)::int4);"                  \
    "SELECT bench.row('walk', number, NULL, NULL, alias, NULL, NULL, NULL, 'add', NULL)"                     \
    "  FROM (VALUES " __VA_ARGS__ ") AS t (alias, number);"

static const struct {
    const char *happens, *people;
} steps[STEPS] = {
    {"UPDATE subjects.subject SET foreign_token = bench.token('alias' || subject_id)"
     " WHERE subject_id IN (71, 91, 161);"
     "UPDATE subjects.subject SET birth_year = 1950, birth_month = 1 WHERE subject_id IN (61, 230, 242, 252);"
     "UPDATE subjects.subject SET birth_year = 1960, birth_month = 2 WHERE subject_id IN (231, 241, "
     "251);" WALK("('alias71', '7'), ('alias91', '9'), ('alias161', '16')"),
     "13,15|21,22,23,24|31,34|41,43|51,52|61,62,64|71,72|73|81,82|91|101|102|103|111,112|113|121|122,123|131,"
     "132|141,142|151,153,159|152,154|161,162,163|171|172|190|191,192,193,199|194|231,233,239|232,234|241|"
     "242,243|251|261"},
    {"UPDATE subjects.subject SET foreign_token = bench.token('alias83') WHERE subject_id = 83;"
     "INSERT INTO linkage.decision (subject_a, subject_b, is_same, author, permit_id)"
     " VALUES (111, 113, true, 'somebody', ''), (121, 122, true, 'somebody', '');"
     "UPDATE ingest.load SET state = 'withdrawn', held_to = now() WHERE load_id = 3;" WALK(
         "('alias71', '7'), ('alias83', '8b'), ('alias91', '9'), ('alias161', '16')"),
     "13,14|15|21,22,23,24|25|31,34|32,33|41,43|42,44|51,53|52|61,62,64|71,72|73|81,82|83|91|92,93|101|102|"
     "103|111,112,113|121,122,123|131,132|141,142|151,152,153,159|154|155|161,162,163|171|172|190|191,192,"
     "193,198,199|194|201|231,233,239|232,234|241|242,243|251|261|262"},
    {"UPDATE subjects.subject SET birth_year = 1960, birth_month = 2 WHERE subject_id = 63;"
     "INSERT INTO linkage.decision (subject_a, subject_b, is_same, author, permit_id)"
     " VALUES (241, 242, true, 'somebody', ''), (251, 252, true, 'somebody', '');"
     "SELECT bench.load('merging', 'sender0', 240);"
     "SELECT bench.row('merging', number, number || 'b', NULL, NULL, NULL, NULL, NULL, 'add', NULL)"
     "  FROM unnest('{3,4,8,9,10}'::text[]) AS number",
     "13,14|15|21,22,23,24|25|31,32,33,34|41,42,43,44|51,53|52|62|63,64|71,72|73|81|82,83|91,92|93|101,102,"
     "103|111,112,113|121,122,123|131|132|141|142|151,152,153,159|154|155|161,162,163|171|172|190|191,192,"
     "193,198,199|194|201|231,233,239|232,234|241,242|243|251,252|261,262,263"},
    {WALK("('alias71', '7*'), ('alias83', '8*'), ('alias91', '9*'), ('alias161', '16*')"),
     "13,14|15|21,22,23,24|25|31,32,33,34|35|41,42,43,44|45|51,53|52|62|63,64|71|72,73|81,82|83|91|92,93|101,"
     "102,103|111,112,113|121,122,123|131|132|141|142|151,152,153,159|154|155|161,162|163|171|172|190|191,"
     "192,193,198,199|194|201|231,233,239|232,234|241,242|243|251,252|261,262,263"},
    {"UPDATE ingest.load SET state = 'withdrawn', held_to = now() WHERE load_id = 5",
     "13,14|15|21,22,23,24|25|31,32,33,34|35|41,42,43,44|45|51,53|52|62|63,64|71|72,73|81,82|83|91|92,93|101,"
     "102,103|111,112,113|121,122,123|131|132|141|142|151,152,153,159|154|155|161,162|163|171,172|190|191,"
     "192,193,198,199|194|201|231,233,239|232,234|241,242|243|251,252|261,262,263"},
};

static void come(History *history, int step)
{
    for (size_t i = 0; i < sizeof deliveries / sizeof *deliveries; i++) {
        size_t count = 0;
        while (count < AT_ONCE && deliveries[i].people[count].source != NULL)
            count++;
        if (deliveries[i].step == step)
            history_come(history, deliveries[i].people, count);
    }
    history_tell(history, steps[step - 1].happens);
}

Test(incremental, each_arm_of_what_a_run_touches_is_needed)
{
    SCOPED(history_close) History history = history_open_alike(1, 0);
    history_tell(&history, "UPDATE ingest.source SET once_a_delivery = true WHERE name = 'spell';"
                           "SELECT bench.allow('spell')");

    for (int step = 1; step <= STEPS; step++) {
        come(&history, step);

        cr_expect(history_agrees(&history, narrow, whole), "step %d\n%s\n%s", step, narrow, whole);
        cr_expect_str_eq(bench_people(&history.narrow, narrow), steps[step - 1].people, "step %d\n%s", step,
                         narrow);
    }
    bench_text(
        &history.narrow,
        "SELECT string_agg(concat_ws(' ', subject_a, subject_b, reason), '; ' ORDER BY subject_a, subject_b)"
        "  FROM linkage.conflict",
        narrow);
    cr_expect_str_eq(narrow,
                     "13 15 apart from the others; 23 25 apart from the others; 33 35 apart from the others; "
                     "43 45 apart from the others; 51 52 two deaths; 152 154 apart from the others; 192 194 "
                     "apart from the others; 232 239 apart from the others",
                     "%s", narrow);
    bench_text(&history.narrow,
               "SELECT string_agg(concat_ws(' ', subject_id, created_run), '; ' ORDER BY subject_id)"
               "  FROM linkage.current_link JOIN linkage.person USING (person_id)"
               " WHERE subject_id IN (13, 15, 261, 262)",
               narrow);
    cr_expect_str_eq(narrow, "13 1; 15 2; 261 1; 262 1", "%s", narrow);
    bench_text(&history.narrow,
               "SELECT string_agg(concat_ws(' ', subject_a, subject_b), '; ' ORDER BY subject_a)"
               "  FROM linkage.pair WHERE weight IS NULL",
               narrow);
    cr_expect_str_eq(narrow, "61 63; 230 231; 241 242", "%s", narrow);
    bench_text(
        &history.narrow,
        "SELECT string_agg(coalesce(alike_because, 'what changed'), '; ' ORDER BY run_id) FROM linkage.run",
        narrow);
    cr_expect_str_eq(narrow, "no run before it stands; what changed; what changed; what changed;"
                             " a source that names each person once came or went");
}

static const char *why_alike(Bench *bench)
{
    return bench_text(
        bench, "SELECT coalesce(alike_because, 'what changed') FROM linkage.run ORDER BY run_id DESC LIMIT 1",
        narrow);
}

/* By other weights nobody is likelier one person than two; of 3 there is no encoding any more. Switches: the
 * reason in alike_whole_reason; what comparisons_forget says of the model; links in touched_collect. */
Test(incremental, other_weights_weigh_all_pairs_anew)
{
    static const Alike people[] = {{1, "list", "1", ALL(100), {11}},
                                   {2, "care", NULL, ALL(100), {11}},
                                   {3, "death", NULL, ALL(100), {11}}};
    SCOPED(history_close) History history = history_open_alike(1, 0);
    for (size_t i = 0; i < sizeof people / sizeof *people; i++)
        history_come(&history, &people[i], 1);
    cr_assert(history_agrees(&history, narrow, whole), "%s\n%s", narrow, whole);
    cr_assert_str_eq(bench_people(&history.narrow, narrow), "1,2,3");
    history_tell(&history,
                 "UPDATE ingest.load SET state = 'withdrawn', held_to = now() WHERE load_id = 3;"
                 "INSERT INTO linkage.model (rule_version, match_shares, chance_shares, prior, run_id)"
                 " SELECT rule_version, chance_shares, chance_shares, prior, 0 FROM linkage.model");

    bool agrees = history_agrees(&history, narrow, whole);

    cr_expect(agrees, "%s\n%s", narrow, whole);
    cr_expect_str_eq(bench_people(&history.narrow, narrow), "1|2");
    cr_expect_str_eq(why_alike(&history.narrow), "other weights");
}

/* Encodings that cannot be read are new as well. Switch: the reason in alike_whole_reason. */
Test(incremental, many_new_encodings_are_compared_in_batches)
{
    static const Alike first = {1, "list", "1", ALL(100), {11}};
    SCOPED(history_close) History history = history_open_alike(1, 0);
    history_come(&history, &first, 1);
    bench_link(&history.narrow);
    history_come(&history, &(Alike){2, "care", NULL, {0}, {0}}, 1);
    bench_run(history.narrow.owner,
              "INSERT INTO subjects.encoding SELECT id, s.source_id, 2, bench.seal(2, id, 0, '')"
              "  FROM generate_series(2, 20002) AS id, ingest.source AS s WHERE s.name = 'care'");

    bench_link(&history.narrow);

    cr_expect_str_eq(why_alike(&history.narrow), "many are new");
}

/* The merger counts from the 2nd on. Switch: run_token in checked_collect. */
Test(incremental, a_merger_that_begins_casts_doubt_on_a_number_that_was_believed)
{
    static const Alike people[] = {{1, "list", "1", {0}, {0}}, {2, "care", "1b", {0}, {0}}};
    SCOPED(history_close) History history = history_open_alike(1, 0);
    for (size_t i = 0; i < sizeof people / sizeof *people; i++)
        history_come(&history, &people[i], 1);
    history_tell(&history,
                 "SELECT bench.load('merging', 'sender0', 240);"
                 "SELECT bench.row('merging', '1', '1b', NULL, NULL, NULL, '2026-03-02', NULL, 'add', NULL);"
                 "UPDATE subjects.subject SET birth_year = 1950 + subject_id, birth_month = subject_id"
                 " WHERE subject_id < 3");
    cr_assert(history_agrees(&history, narrow, whole), "%s\n%s", narrow, whole);
    cr_assert_str_eq(bench_people(&history.narrow, narrow), "1|2");
    history_tell(&history, "UPDATE records.day SET day = '2026-03-02'");

    bool agrees = history_agrees(&history, narrow, whole);

    cr_expect(agrees, "%s\n%s", narrow, whole);
    cr_expect_str_eq(bench_people(&history.narrow, narrow), "1");
    cr_expect_str_eq(why_alike(&history.narrow), "what changed");
}
