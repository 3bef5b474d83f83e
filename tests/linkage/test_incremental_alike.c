/*
 * Random histories with likeness on: a run that compares who is new and makes people of whom that touches
 * anew, against one that looks at all encodings and pairs. CINQUE_DIFFERENTIAL says how many steps (16 a
 * history), CINQUE_SEED from where.
 */
#include "tests/linkage/history_alike.h"

enum { STEPS = 16, SHARED = 4 };

static char narrow[BENCH_TEXT_BYTES], whole[BENCH_TEXT_BYTES];

/* One person's records differ in a field now and then; four families share names, homes and areas. */
static Alike somebody(int64_t subject_id, uint64_t who)
{
    uint64_t odd = (uint64_t)subject_id * UINT64_C(6364136223846793005) >> 40, family = who % SHARED;
    Alike person = {
        .subject_id = subject_id,
        .values = {100 + who, 5000 + family, 9000 + who, 1 + who / 2 % 2, 7000 + family, 8000 + family},
        .tokens = {300000 + 10 * who, 400000 + who, odd % 4 != 3 ? 20000 + who : 0, 30000 + family}};

    if (odd % 3 == 0)
        person.values[odd / 8 % ALIKE_FIELDS] += 40;
    if (odd % 5 == 0)
        person.values[odd / 64 % ALIKE_FIELDS] = 0;
    if (odd % 7 == 0)
        person.tokens[odd / 16 % 2] += 1;
    return person;
}

static void encode(Bench *bench)
{
    static const DbStatement unencoded = {
        .name = "bench unencoded",
        .sql = "SELECT subject_id, load_id::int8, person FROM bench.unencoded() ORDER BY 1",
        .columns = {VALUE_INT8, VALUE_INT8, VALUE_INT8}};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Error error = {0};

    cr_assert(db_run(bench->owner, &unencoded, NULL, &rows, &error).ok, "%s", error.message);
    for (size_t i = 0; i < db_row_count(rows); i++) {
        const Alike person = somebody(db_int(rows, i, 0), (uint64_t)db_int(rows, i, 2));
        history_encode(bench, db_int(rows, i, 1), &person);
    }
}

enum { CROWD = 498, CROWDED = 77, OTHER_BLOCK = 88, THIRD_BLOCK = 99, BLOCK_TOO_LARGE = 501 };

/* Besides what comes to happen: a block that is too large, of one who is free and those whom numbers place,
 * and an encoding that cannot be read. No later load names them. */
static History open_crowded(uint64_t seed, unsigned events)
{
    static const Alike anybody = {.values = {11, 12, 13, 14, 15, 16}, .tokens = {CROWDED}};
    History history = history_open_alike(seed, events);

    history_tell(&history,
                 "SELECT bench.load('care', 'crowd', 300);"
                 "INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version,"
                 " nhs_token, nhs_state) SELECT id, s.source_id, bench.token('digest' || id), 1, 1,"
                 " CASE WHEN id > 1 THEN bench.token('crowd' || id) END, 1"
                 " FROM ingest.source AS s, generate_series(1, 502) AS id WHERE s.name = 'care';"
                 "SELECT count(*) FROM bench.unencoded()");
    history_encode_all(&history.narrow, 1, 1, BLOCK_TOO_LARGE + 1, &anybody);
    history_encode_all(&history.whole, 1, 1, BLOCK_TOO_LARGE + 1, &anybody);
    history_tell(&history, "UPDATE subjects.encoding SET head = bench.seal(1, 502, 0,"
                           " substring(bench.opened(head) FROM 1 FOR 30)) WHERE subject_id = 502");
    return history;
}

/* narrow_least: of a hundred runs, how many went by what changed in likeness too. */
static void follow(History *history, int64_t narrow_least)
{
    uint64_t steps = history_setting("CINQUE_DIFFERENTIAL", STEPS);
    char counts[BENCH_TEXT_BYTES];
    int64_t narrow_runs;

    for (uint64_t step = 1; step <= steps; step++) {
        history_go_on(history);
        encode(&history->narrow);
        encode(&history->whole);

        bool agrees = history_agrees(history, narrow, whole);

        cr_assert(agrees, "CINQUE_SEED=%" PRIu64 " step %" PRIu64 "\nwhat changed:\n%s\neverything:\n%s",
                  history->seed, step, narrow, whole);
    }
    bench_text(&history->narrow,
               "SELECT count(*) FILTER (WHERE alike_because IS NULL)::text FROM linkage.run", counts);
    cr_assert(text_to_int64(text_from(counts), &narrow_runs));
    cr_expect_geq(narrow_runs * 100, narrow_least * history->runs, "%s of %" PRId64, counts, history->runs);
    bench_text(&history->narrow,
               "SELECT concat_ws(' ', count(*) FILTER (WHERE alike > 0) > 0 AND sum(compared) > 0,"
               " min(blocks_closed), max(blocks_closed), min(unread), max(unread)) FROM linkage.run",
               counts);
    cr_expect_str_eq(counts, "t 1 1 1 1",
                     "nobody was linked by likeness, or a block or an encoding forgotten");
}

static const unsigned strangers = 1U << HISTORY_LIST | 1U << HISTORY_CHANGES | 1U << HISTORY_CARE |
                                  1U << HISTORY_DEATHS | 1U << HISTORY_MERGERS | 1U << HISTORY_WITHDRAW |
                                  1U << HISTORY_DECIDE;
static const unsigned much_else = 1U << HISTORY_RULE | 1U << HISTORY_DAY | 1U << HISTORY_SPELLS |
                                  1U << HISTORY_FOREIGN | 1U << HISTORY_WALK;

/* Switches, each of which turns one of the three red when it leaves its kind of change out: new loads, and
 * links that moved, in alike_new_collect; decisions in seeds_collect; likely pairs in front_move. */
Test(incremental, by_likeness_holds_what_a_run_over_everything_does, .timeout = 300)
{
    SCOPED(history_close) History history = open_crowded(history_setting("CINQUE_SEED", 3), strangers);

    follow(&history, 50);
}

Test(incremental, by_likeness_after_undoing_holds_what_a_run_over_everything_does, .timeout = 300)
{
    SCOPED(history_close)
    History history = open_crowded(history_setting("CINQUE_SEED", 5), strangers | 1U << HISTORY_UNDO);

    follow(&history, 25);
}

Test(incremental, of_deliveries_that_name_each_once_holds_what_a_run_over_everything_does, .timeout = 300)
{
    SCOPED(history_close) History history = open_crowded(history_setting("CINQUE_SEED", 4), strangers);
    history_tell(&history, "UPDATE ingest.source SET once_a_delivery = true WHERE name = 'care'");

    follow(&history, 25);
}

Test(incremental, by_likeness_and_much_else_holds_what_a_run_over_everything_does, .timeout = 300)
{
    SCOPED(history_close)
    History history = open_crowded(history_setting("CINQUE_SEED", 6), strangers | much_else);

    follow(&history, 25);
}

/* Of a number that is somebody else's by birth. */
#define LISTED                                                                                               \
    "SELECT bench.load('list', 'sender0', 240);"                                                             \
    "SELECT bench.row('list', 'A', NULL, 'home', NULL, NULL, NULL, NULL, 'add', NULL);"
#define CARED                                                                                                \
    "SELECT bench.load('care', 'sender0', 240);"                                                             \
    "SELECT bench.row('care', 'A', NULL, 'home', NULL, NULL, NULL, NULL, 'add', NULL);"                      \
    "UPDATE subjects.subject SET birth_year = 1940 + 10 * source_id, birth_month = source_id"
static const char doubted_sql[] = LISTED CARED;
static const char withdrawn_sql[] =
    "UPDATE ingest.load SET state = 'withdrawn', held_to = now() WHERE load_id = 2";
static const char decided_sql[] =
    "INSERT INTO linkage.decision (subject_a, subject_b, is_same, author, permit_id)"
    " SELECT least(subject_id, register_subject), greatest(subject_id, register_subject), true, 'somebody',"
    " sha256('') FROM linkage.suspect";

/* Switch: who counts as free in run_evidence; without it either run makes a person of nobody, and another the
 * next time. */
Test(incremental, who_came_to_a_number_without_an_encoding_is_not_alone_too)
{
    static const char *const happened[] = {doubted_sql, withdrawn_sql, decided_sql, "SELECT 1"};
    SCOPED(history_close) History history = history_open_alike(1, 0);

    for (size_t i = 0; i < sizeof happened / sizeof *happened; i++) {
        history_tell(&history, happened[i]);
        encode(&history.narrow);
        encode(&history.whole);
        cr_expect(history_agrees(&history, narrow, whole), "step %zu\n%s\n%s", i, narrow, whole);
    }
    bench_text(&history.whole,
               "SELECT concat_ws(' ', people, alone, people_new, (SELECT count(*) FROM linkage.person))"
               " FROM linkage.run ORDER BY run_id DESC LIMIT 1",
               whole);
    cr_expect_str_eq(whole, "1 0 0 2");
    cr_expect_eq(history.narrow_runs, 3);
}

/* Nobody of it is compared, so nobody is touched. Switch: pairs without a weight in waiting_count. */
Test(incremental, a_doubt_about_somebody_without_an_encoding_waits_for_a_decision)
{
    static const char *const happened[] = {LISTED "SELECT 1", CARED};
    SCOPED(history_close) History history = history_open_alike(1, 0);

    for (size_t i = 0; i < sizeof happened / sizeof *happened; i++) {
        history_tell(&history, happened[i]);
        cr_expect(history_agrees(&history, narrow, whole), "step %zu\n%s\n%s", i, narrow, whole);
    }
    bench_text(&history.narrow, "SELECT clerical::text FROM linkage.run ORDER BY run_id DESC LIMIT 1",
               narrow);
    cr_expect_str_eq(narrow, "1");
    cr_expect_eq(history.narrow_runs, 1);
}

/* ---- a block that grows too large ---- */

/* Of a load: subjects with or without numbers, and encodings for all. */
static void crowd(History *history, const char *source, int64_t load_id, int from, int to)
{
    SCOPED(text_builder_close) TextBuilder sql = text_builder(HISTORY_SQL_BYTES);

    text_add_format(
        &sql,
        "SELECT bench.load('%s', 'sender0', 240 + (SELECT count(*) FROM ingest.load)::int4);"
        "INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version,"
        " nhs_token, nhs_state) SELECT id, s.source_id, bench.token('digest' || id),"
        " (SELECT max(load_id) FROM ingest.load), 1, CASE WHEN s.name = 'list' THEN"
        " bench.token('number' || id) END, 1 FROM ingest.source AS s, generate_series(%d, %d) AS id"
        " WHERE s.name = '%s'; SELECT count(*) FROM bench.unencoded()",
        source, from, to, source);
    history_tell(history, text_built(&sql).data);
    for (int id = from; id <= to; id++) {
        Alike person = {.subject_id = id, .values = {11, 12, 13, 14, 15, 16}, .tokens = {CROWDED}};
        if (id > 3)
            person = (Alike){
                .subject_id = id, .values = {(uint64_t)(100 + id)}, .tokens = {CROWDED, 0, 0, THIRD_BLOCK}};
        else if (id != 2)
            person.tokens[1] = OTHER_BLOCK;
        history_encode(&history->narrow, load_id, &person);
        history_encode(&history->whole, load_id, &person);
    }
}

/* 1 and 2 share the crowded block alone, 1 and 3 another. Switches: members_is_closing, and note_again or the
 * second look in alike_new.c. */
Test(incremental, a_block_that_grows_too_large_is_left_without_a_look_at_everything, .timeout = 300)
{
    SCOPED(history_close) History history = history_open_alike(1, 0);
    crowd(&history, "list", 1, 2, CROWD);
    crowd(&history, "care", 2, 1, 1);
    cr_assert(history_agrees(&history, narrow, whole), "%s\n%s", narrow, whole);
    bench_text(&history.narrow,
               "SELECT coalesce(string_agg(subject_b::text, ' ' ORDER BY subject_b), '') FROM linkage.pair",
               narrow);
    cr_assert_str_eq(narrow, "2 3");
    crowd(&history, "list", 3, CROWD + 1, CROWD + 6);

    bool agrees = history_agrees(&history, narrow, whole);

    cr_expect(agrees, "%s\n%s", narrow, whole);
    bench_text(&history.narrow,
               "SELECT concat_ws(' ', (SELECT string_agg(subject_b::text, ' ') FROM linkage.pair),"
               " coalesce(alike_because, 'what changed')) FROM linkage.run ORDER BY run_id DESC LIMIT 1",
               narrow);
    cr_expect_str_eq(narrow, "3 what changed");
}

/* Switches: what compare_begin says of the run before, was_wanted in alike_new.c. */
Test(incremental, blocks_that_are_too_large_are_counted_on_whoever_is_new, .timeout = 300)
{
    SCOPED(history_close) History history = history_open_alike(1, 0);
    crowd(&history, "list", 1, 2, CROWD + 6);
    crowd(&history, "care", 2, 1, 1);
    const char *const wanted[] = {"1", "2", "2"};

    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (i == 1)
            crowd(&history, "care", 3, 1000, 1000);
        cr_expect(history_agrees(&history, narrow, whole), "%s\n%s", narrow, whole);
        bench_text(&history.narrow,
                   "SELECT blocks_closed::text FROM linkage.run ORDER BY run_id DESC LIMIT 1", narrow);
        cr_expect_str_eq(narrow, wanted[i], "%zu: %s", i, narrow);
    }
    cr_expect_eq(history.narrow_runs, 2);
}
