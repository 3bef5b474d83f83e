#pragma once
/*
 * Random histories of deliveries, told to two databases at once. In the one each run of linkage goes by what
 * changed, in the other by everything: whatever happens, both have to hold the same. Real loads, partitions
 * and views, so that what counts changes as it does in earnest.
 */
#include <stdlib.h>

#include "tests/linkage/workbench.h"

enum { HISTORY_SQL_BYTES = 1 << 18, HISTORY_NUMBERS = 14, HISTORY_HOMES = 7, HISTORY_SENDERS = 2 };
enum { HISTORY_PERIODS = 6, HISTORY_FIRST_PERIOD = 240 };

typedef struct History {
    Bench narrow, whole;
    uint64_t seed, state;
    unsigned events; /* bits of HistoryEvent that may happen */
    int64_t runs, narrow_runs;
} History;

typedef enum HistoryEvent {
    HISTORY_LIST,     /* a register's snapshot */
    HISTORY_CHANGES,  /* a register's net changes */
    HISTORY_SPELLS,   /* of people, on top of those before */
    HISTORY_HOMES_OF, /* a household source */
    HISTORY_MERGERS,
    HISTORY_WITHDRAW,
    HISTORY_DAY,
    HISTORY_UNDO,
    HISTORY_DECIDE,
    HISTORY_RULE,
    HISTORY_FOREIGN, /* pseudonyms of somebody else */
    HISTORY_WALK,
    HISTORY_CARE, /* mostly without a number; from here on for histories by likeness alone */
    HISTORY_DEATHS,
    HISTORY_EVENTS
} HistoryEvent;

/*
 * bench.load makes a load that counts from now on, and bench.row one row of it; a subject is what its tokens
 * are, so the same ones are the same subject in every load. Of one number those who are not the register's
 * are of another birth now and then.
 */
static const char history_sql[] =
    "SET ROLE cinque_owner;"
    "DROP VIEW presence.list, presence.merging; DROP TABLE records.bench;"
    "INSERT INTO governance.purpose (purpose, title, opt_out, legal_basis, approver, opt_out_max_age_days) "
    "VALUES ('phm', 'P', 'applied', '', '', 21);"
    "UPDATE ingest.source SET update_mode = 'replace_by_period' WHERE name IN ('spell', 'tax');"
    "INSERT INTO ingest.source (name, title, subject_kind, role, update_mode, operation_column, removal_code,"
    "       change_date_column, crosswalk_issuer) VALUES"
    " ('changes', 'Changes', 'person', 'register', 'net_change', 'operation', 'remove', 'changed', NULL),"
    " ('foreign', 'Foreign', 'person', NULL, 'snapshot', NULL, NULL, NULL, NULL),"
    " ('walk', 'Cross-walk', 'person', 'crosswalk', 'snapshot', NULL, NULL, NULL, 'sender0');"
    "INSERT INTO ingest.source_version (source_id, version, spec_hash, spec_text, effective_from)"
    " SELECT source_id, 1, sha256(''), '', '2000-01-01' FROM ingest.source;"
    "RESET ROLE;"
    "CREATE TABLE records.day AS SELECT '2026-03-01'::date AS day; ALTER TABLE records.day OWNER TO "
    "cinque_owner;"
    "CREATE FUNCTION bench.source(source text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
    "  SET LOCAL ROLE cinque_owner;"
    "  EXECUTE format('CREATE TABLE records.%I (load_id int4, line_number int8 GENERATED ALWAYS AS "
    "IDENTITY,'\n"
    "    ' subject_id int8, record_key text, valid_from date, valid_to date, operation text, changed date)'\n"
    "    ' PARTITION BY LIST (load_id)', source);"
    "  PERFORM ingest.active_view_make(s.source_id) FROM ingest.source AS s WHERE s.name = source;"
    "  EXECUTE format('CREATE VIEW presence.%I AS SELECT subject_id, load_id, valid_from, valid_to'\n"
    "    ' FROM records.%I', source, 'active_' || source);"
    "  RESET ROLE; END $$;"
    "SELECT bench.source(name) FROM ingest.source ORDER BY source_id;"
    "CREATE FUNCTION bench.load(source text, sender text, month int4) RETURNS void LANGUAGE plpgsql AS $$"
    "DECLARE made int4; BEGIN"
    "  UPDATE ingest.load AS l SET state = 'replaced', held_to = now() FROM ingest.source AS s"
    "   WHERE s.source_id = l.source_id AND s.name = source AND l.sender = load.sender AND l.period = month"
    "     AND l.state = 'published';"
    "  INSERT INTO ingest.load (source_id, sender, period, status, spec_version, permit_id, may_replace, "
    "state,"
    "         held_from)"
    "  SELECT s.source_id, load.sender, month, 'final', 1,"
    "         substr(sha256(convert_to((SELECT count(*) FROM ingest.load)::text, 'UTF8')), 1, 16), true,"
    "         'published', now() FROM ingest.source AS s WHERE s.name = source RETURNING load_id INTO made;"
    "  EXECUTE format('CREATE TABLE records.%I PARTITION OF records.%I FOR VALUES IN (%s)', source || '_' || "
    "made,"
    "                 source, made); END $$;"
    "CREATE FUNCTION bench.row(source text, number text, superseded text, home text, pseudonym text,"
    "  pseudonym_to text, valid_from date, valid_to date, operation text, changed date)"
    " RETURNS void LANGUAGE plpgsql AS $$"
    "DECLARE"
    "  load int4 := (SELECT max(load_id) FROM ingest.load);"
    "  own bytea := sha256(convert_to(concat_ws('|', source, number, superseded, 'home ' || home, pseudonym,"
    "                                           'to ' || pseudonym_to), 'UTF8'));"
    "  id int8 := ('x' || encode(substr(own, 1, 7), 'hex'))::bit(56)::int8;"
    "  said bytea := sha256(convert_to(CASE WHEN source NOT IN ('list', 'changes') AND get_byte(own, 5) < 60"
    "                                  THEN 'another ' ELSE '' END || number, 'UTF8'));"
    "  street text := CASE get_byte(own, 8) % 4 WHEN 0 THEN NULL"
    "      WHEN 1 THEN 'street of home' || get_byte(own, 9) % 12"
    "      ELSE 'street of ' || coalesce(home, 'home' || get_byte(own, 9) % 12) END;"
    "BEGIN"
    "  INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version, nhs_token,"
    "         superseded_nhs_token, uprn_token, foreign_token, foreign_token_to, address_token, nhs_state, "
    "birth_year,"
    "         birth_month, sex)"
    "  SELECT id, s.source_id, substr(own, 1, 16), load, 1, bench.token(number), bench.token(superseded),"
    "         bench.token(home), bench.token(pseudonym), bench.token(pseudonym_to), bench.token(street),"
    "         CASE WHEN number IS NULL THEN 0 ELSE 1 END, 1930 + get_byte(said, 0) % 80,"
    "         1 + get_byte(said, 1) % 12, '2'"
    "    FROM ingest.source AS s WHERE s.name = source ON CONFLICT (subject_id) DO NOTHING;"
    "  EXECUTE format('INSERT INTO records.%I (load_id, subject_id, record_key, valid_from, valid_to, "
    "operation,'\n"
    "                 ' changed) VALUES ($1, $2, $3, $4, $5, $6, $7)', source)"
    "    USING load, id, number, valid_from, valid_to, operation, changed; END $$;"
    "CREATE OR REPLACE FUNCTION governance.today() RETURNS date LANGUAGE sql STABLE SECURITY DEFINER"
    " SET search_path = pg_catalog, pg_temp AS 'SELECT day FROM records.day';";

/* All that runs made, a hash a table; when an undo was is no part of it. */
static const char history_state_sql[] =
    "SELECT string_agg(name || ' ' || rows || ' ' || md5(content), E'\\n' ORDER BY name) FROM ("
    " SELECT 'link' AS name, count(*) AS rows, coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') AS "
    "content FROM linkage.link AS t"
    " UNION ALL SELECT 'person', count(*), coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') FROM "
    "linkage.person AS t"
    " UNION ALL SELECT 'household', count(*), coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') FROM "
    "linkage.household AS t"
    " UNION ALL SELECT 'place', count(*), coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') FROM "
    "linkage.subject_household AS t"
    " UNION ALL SELECT 'place history', count(*), coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') "
    "FROM "
    "linkage.subject_household_history AS t"
    " UNION ALL SELECT 'address', count(*), coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') FROM "
    "(SELECT address_token, uprn_token, NULL::int8 FROM linkage.address_uprn UNION ALL"
    " SELECT address_token, NULL, subject_id FROM linkage.address_alone) AS t"
    " UNION ALL SELECT 'residence', count(*), coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') FROM "
    "linkage.residence AS t"
    " UNION ALL SELECT 'residence history', count(*), coalesce(string_agg(t::text, ' ' ORDER BY t::text), '')"
    "  FROM linkage.residence_history AS t"
    " UNION ALL SELECT 'link history', count(*), coalesce(string_agg(concat_ws(' ', subject_id, person_id, "
    "run_id, pass, coalesce(moved_run, 0)), ',' ORDER BY subject_id, person_id, run_id, moved_run), '') FROM "
    "linkage.link_history"
    " UNION ALL SELECT 'suspect', count(*), coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') FROM "
    "linkage.suspect AS t"
    " UNION ALL SELECT 'pair', count(*), coalesce(string_agg(concat_ws(' ', subject_a, subject_b, weight, "
    "levels, block, waits), ',' ORDER BY subject_a, subject_b), '') FROM linkage.pair"
    " UNION ALL SELECT 'compared', count(*), coalesce(string_agg(concat_ws(' ', subject_id, is_free, "
    "load_id, "
    "model_id), ',' ORDER BY subject_id), '') FROM linkage.compared"
    " UNION ALL SELECT 'conflict', count(*), coalesce(string_agg(concat_ws(' ', subject_a, subject_b, "
    "reason), "
    "',' ORDER BY subject_a, subject_b), '') FROM linkage.conflict"
    " UNION ALL SELECT 'merger', count(*), coalesce(string_agg(concat_ws(' ', nhs_token, root_token, "
    "is_superseded), ',' ORDER BY nhs_token), '') FROM linkage.merger_token"
    " UNION ALL SELECT 'walk', count(*), coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') FROM "
    "linkage.crosswalk AS t"
    " UNION ALL SELECT 'token', count(*), coalesce(string_agg(concat_ws(' ', token, subject_id), ',' ORDER "
    "BY "
    "token, subject_id), '') FROM linkage.number_subject"
    " UNION ALL SELECT 'stay', count(*), coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') FROM "
    "linkage.stay AS t"
    " UNION ALL SELECT 'count', 0, concat_ws(' ', subjects, linked, unlinked, people, people_new, "
    "people_merged, "
    "households, residences, crosswalk_ambiguous, clerical, conflicts, crosswalked, within_space, alike, "
    "alone, blocks_closed, unread) "
    "FROM (SELECT * FROM linkage.run ORDER BY run_id DESC LIMIT 1) AS run) AS part";

/* Of the environment; otherwise where it says no number above 0. */
static inline uint64_t history_setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    int64_t number;

    return text != NULL && text_to_int64(text_from(text), &number) && number > 0 ? (uint64_t)number
                                                                                 : otherwise;
}

/* PCG, so that a seed means the same everywhere. */
static inline uint32_t history_random(History *history, uint32_t below)
{
    uint64_t state = history->state;

    history->state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint32_t shifted = (uint32_t)(((state >> 18) ^ state) >> 27);
    uint32_t turn = (uint32_t)(state >> 59);
    return ((shifted >> turn) | (shifted << ((32 - turn) & 31))) % below;
}

static inline History history_open(uint64_t seed, unsigned events)
{
    History history = {.seed = seed, .state = seed * 2 + 1, .events = events};

    history.narrow = bench_open();
    support_next_database();
    history.whole = bench_open();
    bench_run(history.narrow.owner, history_sql);
    bench_run(history.whole.owner, history_sql);
    (void)history_random(&history, 2);
    return history;
}

static inline void history_close(History *history)
{
    bench_close(&history->narrow);
    bench_close(&history->whole);
}

static inline void history_tell(History *history, const char *sql)
{
    bench_run(history->narrow.owner, sql);
    bench_run(history->whole.owner, sql);
}

/* ---- deliveries ---- */

static inline void history_load(History *history, TextBuilder *sql, const char *source)
{
    uint32_t sender = history_random(history, HISTORY_SENDERS);
    uint32_t period = history_random(history, HISTORY_PERIODS);

    text_add_format(sql, "SELECT bench.load('%s', 'sender%u', %u);", source,
                    strcmp(source, "walk") == 0 ? 0U : (unsigned)sender,
                    (unsigned)(HISTORY_FIRST_PERIOD + period));
}

static inline void history_name(History *history, TextBuilder *sql, const char *kind, uint32_t of,
                                uint32_t none_of_ten)
{
    uint32_t number = history_random(history, of);

    if (history_random(history, 10) < none_of_ten)
        text_add_string(sql, ", NULL");
    else
        text_add_format(sql, ", '%s%u'", kind, (unsigned)number);
}

static inline void history_dates(History *history, TextBuilder *sql)
{
    static const char *const from[] = {"NULL", "NULL", "'2020-01-01'", "'2021-06-01'", "'2026-03-02'"};
    static const char *const to[] = {"NULL", "NULL", "'2022-12-31'", "'2026-03-01'", "'2026-03-02'"};

    text_add_format(sql, ", %s", from[history_random(history, 5)]);
    text_add_format(sql, ", %s", to[history_random(history, 5)]);
}

/* none_*: of ten rows, how many lack it. */
typedef struct HistoryRows {
    const char *source;
    uint32_t rows, none_number, none_superseded, none_home, none_pseudonym, none_pseudonym_to;
} HistoryRows;

static const HistoryRows history_rows[HISTORY_EVENTS] = {
    [HISTORY_LIST] = {"list", 10, 0, 10, 1, 10, 10},
    [HISTORY_CHANGES] = {"changes", 4, 0, 10, 1, 10, 10},
    [HISTORY_SPELLS] = {"spell", 4, 1, 10, 8, 10, 10},
    [HISTORY_HOMES_OF] = {"tax", 3, 10, 10, 0, 10, 10},
    [HISTORY_MERGERS] = {"merging", 2, 0, 0, 10, 10, 10},
    [HISTORY_FOREIGN] = {"foreign", 6, 9, 10, 8, 0, 10},
    [HISTORY_WALK] = {"walk", 6, 4, 10, 10, 0, 7},
    [HISTORY_CARE] = {"care", 6, 6, 1, 4, 10, 10},
    [HISTORY_DEATHS] = {"death", 2, 5, 1, 4, 10, 10},
};

static inline void history_deliver(History *history, TextBuilder *sql, HistoryEvent event)
{
    const HistoryRows *rows = &history_rows[event];
    uint32_t count = 1 + history_random(history, rows->rows);

    history_load(history, sql, rows->source);
    for (uint32_t i = 0; i < count; i++) {
        text_add_format(sql, "SELECT bench.row('%s'", rows->source);
        history_name(history, sql, "number", HISTORY_NUMBERS, rows->none_number);
        history_name(history, sql, "number", HISTORY_NUMBERS, rows->none_superseded);
        history_name(history, sql, "home", HISTORY_HOMES, rows->none_home);
        history_name(history, sql, "alias", HISTORY_NUMBERS / 2, rows->none_pseudonym);
        history_name(history, sql, "alias", HISTORY_NUMBERS / 2, rows->none_pseudonym_to);
        history_dates(history, sql);
        text_add_format(sql, ", '%s', '2026-01-01'::date + %u);",
                        history_random(history, 4) == 0 ? "remove" : "add",
                        (unsigned)history_random(history, 60));
    }
}

/* ---- everything else ---- */

static inline void history_withdraw(History *history, TextBuilder *sql)
{
    text_add_format(sql,
                    "UPDATE ingest.load SET state = 'withdrawn', held_to = now() WHERE load_id ="
                    " (SELECT load_id FROM ingest.load WHERE state = 'published'"
                    "   ORDER BY md5(load_id::text || '%u') LIMIT 1);",
                    (unsigned)history_random(history, 1000));
}

static inline void history_decide(History *history, TextBuilder *sql)
{
    bool is_same = history_random(history, 2) == 0;
    uint32_t which = history_random(history, 1000);

    text_add_format(sql,
                    "WITH chosen AS (SELECT subject_a, subject_b FROM linkage.pair"
                    "  ORDER BY md5(subject_a || ' %u ' || subject_b) LIMIT 1), past AS ("
                    " UPDATE linkage.decision AS d SET ended = clock_timestamp() FROM chosen AS c"
                    "  WHERE (d.subject_a, d.subject_b) = (c.subject_a, c.subject_b) AND d.ended IS NULL)"
                    " SELECT 1;",
                    (unsigned)which);
    text_add_format(sql,
                    "INSERT INTO linkage.decision (subject_a, subject_b, is_same, author, permit_id)"
                    " SELECT subject_a, subject_b, %s, 'somebody', sha256('') FROM linkage.pair"
                    "  ORDER BY md5(subject_a || ' %u ' || subject_b) LIMIT 1;",
                    is_same ? "true" : "false", (unsigned)which);
}

static inline void history_undo(History *history)
{
    char text[BENCH_TEXT_BYTES];
    int64_t run_id;

    bench_text(&history->narrow,
               "SELECT coalesce(max(run_id), 0)::text FROM linkage.run WHERE state = 'done'", text);
    if (!text_to_int64(text_from(text), &run_id) || run_id == 0)
        return;
    bench_undo(&history->narrow, run_id);
    bench_undo(&history->whole, run_id);
}

static inline void history_add(History *history, TextBuilder *sql, HistoryEvent event)
{
    switch (event) {
    case HISTORY_WITHDRAW:
        history_withdraw(history, sql);
        return;
    case HISTORY_DAY:
        text_add_string(sql, "UPDATE records.day SET day = day + 1;");
        return;
    case HISTORY_DECIDE:
        history_decide(history, sql);
        return;
    case HISTORY_RULE:
        text_add_string(sql, "INSERT INTO governance.linkage SELECT 'phm', 'list', 'spell', '2020-01-01',"
                             " '2090-12-31' ON CONFLICT DO NOTHING;"
                             "UPDATE governance.linkage SET ended_on = CASE WHEN ended_on IS NULL THEN"
                             " governance.today() END WHERE source_a = 'list';");
        return;
    default:
        history_deliver(history, sql, event);
    }
}

/* One to three things happen. */
static inline void history_go_on(History *history)
{
    SCOPED(text_builder_close) TextBuilder sql = text_builder(HISTORY_SQL_BYTES);
    uint32_t left = 1 + history_random(history, 3);
    uint32_t kinds = history->events >> HISTORY_CARE != 0 ? HISTORY_EVENTS : HISTORY_CARE;

    while (left > 0) {
        HistoryEvent event = history_random(history, kinds);
        if ((history->events >> event & 1) == 0)
            continue;
        left--;
        if (event == HISTORY_UNDO)
            history_undo(history);
        else
            history_add(history, &sql, event);
    }
    if (text_built(&sql).length > 0)
        history_tell(history, text_built(&sql).data);
}

/* Links both; false, and what they hold, where they differ. */
static inline bool history_agrees(History *history, char narrow[BENCH_TEXT_BYTES],
                                  char whole[BENCH_TEXT_BYTES])
{
    char why[BENCH_TEXT_BYTES];

    bench_run(history->whole.owner, "DELETE FROM linkage.basis");
    LinkageReport narrow_report = bench_link(&history->narrow), whole_report = bench_link(&history->whole);
    narrow_report.elapsed_us = whole_report.elapsed_us = 0;
    bench_text(&history->narrow, history_state_sql, narrow);
    bench_text(&history->whole, history_state_sql, whole);
    bench_text(&history->narrow,
               "SELECT coalesce(whole_because, '') FROM linkage.run ORDER BY run_id DESC LIMIT 1", why);
    history->runs++;
    history->narrow_runs += *why == '\0';
    return strcmp(narrow, whole) == 0 && memcmp(&narrow_report, &whole_report, sizeof narrow_report) == 0;
}
