/*
 * Random months in which some come, some go and somebody decides about a pair: who is connected with none of
 * them stays who they are, whatever a run looks at. CINQUE_DIFFERENTIAL says how many months, CINQUE_SEED
 * from where.
 */
#include "tests/linkage/history_alike.h"

enum { MONTHS = 4, FAMILIES = 40, FIRST = 90, EACH = 6, DELIVERY_MAX = FIRST };

/* Nothing of this asks the code what a run touches. Two are connected where any pair of them was kept before
 * the run or is after it, however unlikely, or where they were one person. */
static const char untouched_sql[] =
    "CREATE TABLE bench.was (subject_id int8, person_id int8, run_id int4, pass int2);"
    "CREATE TABLE bench.was_pair (a int8, b int8);"
    "CREATE TABLE bench.was_load (load_id int4, state text);"
    "CREATE TABLE bench.was_said (decided timestamptz);"
    "CREATE FUNCTION bench.note() RETURNS void LANGUAGE sql AS $$"
    "  TRUNCATE bench.was, bench.was_pair, bench.was_load, bench.was_said;"
    "  INSERT INTO bench.was SELECT l.subject_id, c.person_id, l.run_id, l.pass FROM linkage.link AS l"
    "    JOIN linkage.current_link AS c USING (subject_id);"
    "  INSERT INTO bench.was_pair SELECT subject_a, subject_b FROM linkage.pair;"
    "  INSERT INTO bench.was_load SELECT load_id, state FROM ingest.load;"
    "  INSERT INTO bench.was_said SELECT decided FROM linkage.decision $$;"
    "CREATE FUNCTION bench.named() RETURNS TABLE (subject_id int8) LANGUAGE sql AS $$"
    "  SELECT r.subject_id FROM (SELECT load_id, subject_id FROM records.list UNION ALL"
    "         SELECT load_id, subject_id FROM records.care) AS r JOIN ingest.load AS l USING (load_id)"
    "   WHERE NOT EXISTS (SELECT FROM bench.was_load AS w WHERE (w.load_id, w.state) = (l.load_id, l.state))"
    "   UNION SELECT side FROM linkage.decision AS d, LATERAL (VALUES (d.subject_a), (d.subject_b)) AS s "
    "(side)"
    "   WHERE d.decided NOT IN (SELECT w.decided FROM bench.was_said AS w) $$;"
    "CREATE FUNCTION bench.untouched() RETURNS TABLE (subject_id int8, stayed boolean) LANGUAGE sql AS $$"
    "  WITH RECURSIVE edge AS MATERIALIZED ("
    "    SELECT a, b FROM bench.was_pair UNION SELECT b, a FROM bench.was_pair"
    "     UNION SELECT subject_a, subject_b FROM linkage.pair UNION SELECT subject_b, subject_a FROM "
    "linkage.pair"
    "     UNION SELECT x.subject_id, y.subject_id FROM bench.was AS x JOIN bench.was AS y USING (person_id)),"
    "  touched (id) AS (SELECT n.subject_id FROM bench.named() AS n"
    "     UNION SELECT e.b FROM touched AS t JOIN edge AS e ON e.a = t.id)"
    "  SELECT w.subject_id, (w.person_id, w.run_id, w.pass) IS NOT DISTINCT FROM (c.person_id, l.run_id, "
    "l.pass)"
    "    FROM bench.was AS w LEFT JOIN linkage.link AS l USING (subject_id)"
    "    LEFT JOIN linkage.current_link AS c USING (subject_id)"
    "   WHERE w.subject_id NOT IN (SELECT t.id FROM touched AS t) $$;"
    "CREATE TABLE bench.sum (untouched int8, changed int8, moved int8);"
    "CREATE FUNCTION bench.sum_up() RETURNS void LANGUAGE sql AS $$"
    "  INSERT INTO bench.sum SELECT count(*), count(*) FILTER (WHERE NOT u.stayed),"
    "    (SELECT count(*) FROM bench.was AS w LEFT JOIN linkage.current_link AS c USING (subject_id)"
    "      WHERE w.person_id IS DISTINCT FROM c.person_id) FROM bench.untouched() AS u $$;";

/* Three people a family; a third have no number, and a field of a record is wrong or missing now and then. */
static Alike somebody(History *history, int64_t subject_id, const char *source, char number[16])
{
    uint64_t family = history_random(history, FAMILIES), who = 3 * family + history_random(history, 3);
    Alike person = {
        .subject_id = subject_id,
        .source = source,
        .values = {100 + who, 5000 + family, 9000 + who, 1 + who % 2, 7000 + family, 8000 + family},
        .tokens = {300000 + family, 400000 + who, 20000 + who, 30000 + family}};

    if (history_random(history, 3) == 0)
        person.values[history_random(history, ALIKE_FIELDS)] += 40;
    if (history_random(history, 3) == 0)
        person.values[history_random(history, ALIKE_FIELDS)] = 0;
    if (history_random(history, 3) != 0) {
        (void)snprintf(number, 16, "n%u", (unsigned)who);
        person.number = number;
    }
    return person;
}

static void come(History *history, const char *source, size_t count)
{
    static int64_t next = 1;
    char numbers[DELIVERY_MAX][16];
    Alike people[DELIVERY_MAX];

    /* Numbers of subjects are hashes: who comes later is not behind. */
    for (size_t i = 0; i < count; i++, next++)
        people[i] = somebody(history, next * INT64_C(7919) % INT64_C(1000003), source, numbers[i]);
    history_come(history, people, count);
}

static void happen(History *history)
{
    SCOPED(text_builder_close) TextBuilder sql = text_builder(HISTORY_SQL_BYTES);

    come(history, "list", EACH / 3);
    come(history, "care", EACH - EACH / 3);
    if (history_random(history, 3) == 0)
        history_withdraw(history, &sql);
    if (history_random(history, 2) == 0)
        history_decide(history, &sql);
    history_tell(history, text_built(&sql).data);
}

/* That both hold the same is asked elsewhere: here each by itself. */
static void link(History *history)
{
    char narrow[BENCH_TEXT_BYTES], whole[BENCH_TEXT_BYTES];

    (void)history_agrees(history, narrow, whole);
}

/* Of all months: nobody untouched is another; they were many; and of the others some are, as they may. */
static void expect_untouched(const History *history, Bench *bench)
{
    char found[BENCH_TEXT_BYTES];

    bench_text(
        bench,
        "SELECT concat_ws(' ', sum(changed), sum(untouched) > 30 * count(*), sum(moved) > 0) FROM bench.sum",
        found);
    cr_expect_str_eq(found, "0 t t", "CINQUE_SEED=%" PRIu64 ": %s", history->seed, found);
}

/* Switch: `heir` in linkage.people_wanted; where it finds nobody a look at everything gives all others' ids.
 */
Test(untouched, who_is_connected_with_nothing_new_stays_who_they_are, .timeout = 300)
{
    SCOPED(history_close) History history = history_open_alike(history_setting("CINQUE_SEED", 7), 0);
    uint64_t months = history_setting("CINQUE_DIFFERENTIAL", MONTHS);

    history_tell(&history, untouched_sql);
    come(&history, "list", FIRST / 2);
    come(&history, "care", FIRST);
    link(&history);
    for (uint64_t month = 1; month <= months; month++) {
        history_tell(&history, "SELECT bench.note()");
        happen(&history);
        link(&history);
        history_tell(&history, "SELECT bench.sum_up()");
    }
    expect_untouched(&history, &history.narrow);
    expect_untouched(&history, &history.whole);
    cr_expect_gt(history.narrow_runs * 2, (int64_t)months);
}
